module pp.lab/hello

go 1.25.0

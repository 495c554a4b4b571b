// manifests: builds kustomizations and decodes each object strictly into its Go type, as the API server does.
//
// Usage: manifests FOLDER...   Prints what is wrong, one line each, and ends with 1; prints the number of objects otherwise.
package main

import (
	"fmt"
	"os"

	keda "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	types := runtime.NewScheme()
	if err := scheme.AddToScheme(types); err != nil {
		fail(err)
	}
	if err := keda.AddToScheme(types); err != nil {
		fail(err)
	}
	decoder := serializer.NewCodecFactory(types, serializer.EnableStrict).UniversalDeserializer()
	count, wrong := 0, 0
	for _, folder := range os.Args[1:] {
		built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
		if err != nil {
			fmt.Printf("%s: %v\n", folder, err)
			wrong++
			continue
		}
		for _, object := range built.Resources() {
			count++
			text, err := object.AsYAML()
			if err == nil {
				_, _, err = decoder.Decode(text, nil, nil)
			}
			if err != nil {
				fmt.Printf("%s: %s: %v\n", folder, object.CurId(), err)
				wrong++
			}
		}
	}
	if wrong > 0 {
		os.Exit(1)
	}
	fmt.Printf("objects: %d\n", count)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

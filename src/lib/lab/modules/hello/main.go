// The smallest thing that a Pod can hold. Without arguments it waits, as the container that keeps a Pod's
// namespaces has to; `serve` says on port 8080 who it is, and counts who asked; `get URL` prints what an address answers.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	stopped, _ := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	verb := ""
	if len(os.Args) > 1 {
		verb = os.Args[1]
	}
	switch {
	case verb == "":
		<-stopped.Done()
	case verb == "serve":
		endOn(serve(stopped))
	case verb == "get" && len(os.Args) == 3:
		endOn(get(os.Args[2]))
	default:
		fmt.Fprintln(os.Stderr, "usage: hello [serve | get URL]")
		os.Exit(2)
	}
}

func serve(stopped context.Context) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	var answered atomic.Int64
	handler := http.NewServeMux()
	handler.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) {
		answered.Add(1)
		fmt.Fprintf(answer, "hello from %s\n", name)
	})
	handler.HandleFunc("/readyz", func(answer http.ResponseWriter, _ *http.Request) {
		answer.WriteHeader(http.StatusNoContent)
	})
	handler.HandleFunc("/metrics", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(answer, "http_request_duration_seconds_count{route=\"/\",status=\"200\"} %d\n", answered.Load())
	})
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: 5 * time.Second, Handler: handler}
	go func() {
		<-stopped.Done()
		_ = server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func get(url string) error {
	client := http.Client{Timeout: 3 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}

func endOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

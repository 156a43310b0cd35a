package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// Files of a container, below the directory that it starts in.
const (
	volume   = "data"
	greeting = volume + "/greeting"
	message  = "dev/termination-log"
)

// play is what a container does.
func play(args []string) error {
	switch args[0] {
	case "look":
		return look()
	case "web":
		return web(args[1])
	case "visitor":
		return visitor(args[1])
	}
	return fmt.Errorf("role %q, expected look, web or visitor", args[0])
}

func say(format string, args ...any) error {
	return os.WriteFile(message, fmt.Appendf(nil, format, args...), 0o644)
}

func look() error {
	entries, err := os.ReadDir(volume)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	return say("found %d files in the volume, on host %s", len(entries), host)
}

// web serves until it is told to stop.
func web(port string) error {
	return http.ListenAndServe("localhost:"+port, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, greeting)
	}))
}

func visitor(port string) error {
	const text = "written by visitor"
	if err := os.WriteFile(greeting, []byte(text), 0o644); err != nil {
		return err
	}
	answer, err := ask("http://localhost:" + port)
	if err != nil {
		return err
	}
	if answer != text {
		return fmt.Errorf("localhost:%s answers %q, expected %q", port, answer, text)
	}
	l, err := net.Listen("tcp", "localhost:"+port)
	if err == nil {
		l.Close()
		return errors.New("the port of web is free for visitor, expected one port space")
	}
	return say("web at localhost:%s served the file that visitor wrote; visitor cannot listen there too: %v", port, err)
}

// ask gets a page of a server that may not have started yet.
func ask(url string) (text string, err error) {
	for range 100 {
		var r *http.Response
		if r, err = http.Get(url); err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		return string(body), err
	}
	return "", err
}

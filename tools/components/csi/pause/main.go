// The first process of a pod: holds its namespaces and waits for the children that others leave to it.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	for {
		select {
		case <-ended:
			return
		case <-children:
			var status syscall.WaitStatus
			for {
				if child, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil); child <= 0 || err != nil {
					break
				}
			}
		}
	}
}

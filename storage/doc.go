// Package storage says which volumes a pod has, where its containers mount them, what is in them and how long they live.
package storage

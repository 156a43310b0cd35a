// Package kube converts pods and pod templates between podlife and k8s.io/api core/v1, in both directions, without
// loss.
//
// What is converted shares nothing with what comes out: both may be changed afterwards. nil gives nil, empty lists and
// maps stay empty and nil ones nil. Quantities keep amount, format and spelling; times keep their fraction and location.
package kube

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/podlife/podlife/pod"
)

//go:generate go run ./internal/convgen convert_generated.go

// FromKube returns k as a podlife pod; nil gives nil.
func FromKube(k *corev1.Pod) *pod.Pod { return pointerInto(k, fromPod) }

// ToKube returns p as a Kubernetes pod; nil gives nil.
func ToKube(p *pod.Pod) *corev1.Pod { return pointerInto(p, toPod) }

// TemplateFromKube returns k as a podlife template; nil gives nil.
func TemplateFromKube(k *corev1.PodTemplateSpec) *pod.Template { return pointerInto(k, fromTemplate) }

// TemplateToKube returns t as a Kubernetes template; nil gives nil.
func TemplateToKube(t *pod.Template) *corev1.PodTemplateSpec { return pointerInto(t, toTemplate) }

// pointerInto converts what from points to.
func pointerInto[A, B any](from *A, convert func(from *A, to *B)) *B {
	if from == nil {
		return nil
	}
	to := new(B)
	convert(from, to)
	return to
}

// sliceInto converts element by element.
func sliceInto[A, B any](from []A, convert func(from *A, to *B)) []B {
	if from == nil {
		return nil
	}
	to := make([]B, len(from))
	for i := range from {
		convert(&from[i], &to[i])
	}
	return to
}

// pointerOf converts what from points to, by value.
func pointerOf[A, B any](from *A, convert func(A) B) *B {
	if from == nil {
		return nil
	}
	to := convert(*from)
	return &to
}

func samePointer[T any](from *T) *T {
	return pointerOf(from, func(v T) T { return v })
}

func sameSlice[T any](from []T) []T {
	if from == nil {
		return nil
	}
	to := make([]T, len(from))
	copy(to, from)
	return to
}

func stringPointer[B, A ~string](from *A) *B {
	return pointerOf(from, func(v A) B { return B(v) })
}

func stringSlice[B, A ~string](from []A) []B {
	return sliceInto(from, func(from *A, to *B) { *to = B(*from) })
}

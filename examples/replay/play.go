package main

import (
	"regexp"

	"github.com/podlife/podlife/cluster/clustertest"
	"github.com/podlife/podlife/lifecycle/history"
	"github.com/podlife/podlife/lifecycle/lifecycletest"
)

// onePod is what only the scenario of one pod has at its top.
var onePod = regexp.MustCompile(`(?m)^pod:`)

func play(file string, data []byte) (name, about string, p played, t history.Timeline, err error) {
	if onePod.Match(data) {
		s, err := lifecycletest.ParseScenario(file, data)
		if err != nil {
			return "", "", nil, t, err
		}
		h, err := lifecycletest.Play(s, lifecycletest.TestNode())
		if err != nil {
			return "", "", nil, t, err
		}
		return s.Name, s.About, h, history.Of(s.Name, h), nil
	}
	s, err := clustertest.ParseScenario(file, data)
	if err != nil {
		return "", "", nil, t, err
	}
	r, err := clustertest.Play(s)
	if err != nil {
		return "", "", nil, t, err
	}
	return s.Name, s.About, r, r.Timeline, nil
}

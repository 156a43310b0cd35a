package main

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// The part of SARIF 2.1.0 that code hosts read. See https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
		Columns string        `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)

// printSARIF prints faults for code hosts.
func printSARIF(w io.Writer, r *Result) error {
	run := sarifRun{Results: []sarifResult{}, Columns: "unicodeCodePoints"}
	run.Tool.Driver = sarifDriver{
		Name: "podlife-lint", InformationURI: "https://github.com/podlife/podlife", Rules: rulesOf(r.Faults),
	}
	for _, f := range r.Faults {
		run.Results = append(run.Results, sarifOf(f, run.Tool.Driver.Rules))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func rulesOf(faults []Fault) []sarifRule {
	rules := []sarifRule{}
	for _, f := range faults {
		if rule := (sarifRule{f.Type}); !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	return rules
}

func sarifOf(f Fault, rules []sarifRule) sarifResult {
	message := f.Message
	if f.Path != "" {
		message = f.Path + ": " + message
	}
	place := sarifPhysical{Artifact: sarifArtifact{uriOf(f.File)}}
	if f.Line > 0 {
		place.Region = &sarifRegion{f.Line, f.Column}
	}
	return sarifResult{
		RuleID: f.Type, RuleIndex: slices.Index(rules, sarifRule{f.Type}), Level: "error",
		Message: sarifText{message}, Locations: []sarifLocation{{place}},
	}
}

// uriOf is the file as a URI: relative, so that a code host finds it in its repository, where it was named so.
func uriOf(file string) string {
	u := url.URL{Path: filepath.ToSlash(file)}
	if filepath.IsAbs(file) {
		u = url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(u.Path, "/")}
	}
	return u.String()
}

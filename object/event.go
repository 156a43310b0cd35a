package object

import "github.com/podlife/podlife/pod"

// Event is something that was said about an object, with how often and since when.
type Event struct {
	pod.TypeMeta        `json:""`
	pod.ObjectMeta      `json:"metadata"`
	InvolvedObject      pod.ObjectReference  `json:"involvedObject"`
	Reason              string               `json:"reason,omitempty"`
	Message             string               `json:"message,omitempty"`
	Source              EventSource          `json:"source,omitempty"`
	FirstTimestamp      pod.Time             `json:"firstTimestamp,omitempty"`
	LastTimestamp       pod.Time             `json:"lastTimestamp,omitempty"`
	Count               int32                `json:"count,omitempty"`
	Type                string               `json:"type,omitempty"`
	EventTime           MicroTime            `json:"eventTime,omitempty"`
	Series              *EventSeries         `json:"series,omitempty"`
	Action              string               `json:"action,omitempty"`
	Related             *pod.ObjectReference `json:"related,omitempty"`
	ReportingController string               `json:"reportingComponent"`
	ReportingInstance   string               `json:"reportingInstance"`
}

// EventSource is who said it.
type EventSource struct {
	Component string `json:"component,omitempty"`
	Host      string `json:"host,omitempty"`
}

// EventSeries is how often it was said again.
type EventSeries struct {
	Count            int32     `json:"count,omitempty"`
	LastObservedTime MicroTime `json:"lastObservedTime,omitempty"`
}

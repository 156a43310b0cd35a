package main

import (
	"fmt"
	"go/ast"
	"io"
	"strings"
)

// write prints the methods of one type, if it needs any.
func (p *pkg) write(w io.Writer, name string) {
	if !p.shares(ast.NewIdent(name)) {
		return
	}
	switch t := p.types[name].(type) {
	case *ast.StructType:
		p.writeStruct(w, name, t)
	case *ast.MapType:
		fmt.Fprintf(w, "// Clone returns a copy that shares nothing with m; nil gives nil.\n")
		fmt.Fprintf(w, "func (m %s) Clone() %s { return %s }\n\n", name, name, p.copyOf(t, "m"))
	}
}

func (p *pkg) writeStruct(w io.Writer, name string, t *ast.StructType) {
	r := strings.ToLower(name[:1])
	fmt.Fprintf(w, "// Clone returns a copy that shares nothing with %s; nil gives nil.\n", r)
	fmt.Fprintf(w, "func (%s *%s) Clone() *%s {\nif %s == nil {\nreturn nil\n}\n", r, name, name, r)
	fmt.Fprintf(w, "to := new(%s)\n%s.cloneTo(to)\nreturn to\n}\n\n", name, r)
	fmt.Fprintf(w, "func (%s *%s) cloneTo(to *%s) {\n*to = *%s\n", r, name, name, r)
	for _, f := range t.Fields.List {
		if !p.shares(f.Type) {
			continue
		}
		for _, field := range fieldNames(f) {
			p.writeField(w, f.Type, r+"."+field, "to."+field)
		}
	}
	fmt.Fprintf(w, "}\n\n")
}

func fieldNames(f *ast.Field) []string {
	if len(f.Names) == 0 {
		if s, ok := f.Type.(*ast.SelectorExpr); ok {
			return []string{s.Sel.Name}
		}
		return []string{f.Type.(*ast.Ident).Name}
	}
	names := make([]string, len(f.Names))
	for i, n := range f.Names {
		names[i] = n.Name
	}
	return names
}

func (p *pkg) writeField(w io.Writer, t ast.Expr, from, to string) {
	if id, ok := t.(*ast.Ident); ok {
		if _, ok := p.types[id.Name].(*ast.StructType); ok {
			fmt.Fprintf(w, "%s.cloneTo(&%s)\n", from, to)
			return
		}
	}
	if p.isForeignStruct(t) {
		fmt.Fprintf(w, "%s = *%s.Clone()\n", to, from)
		return
	}
	fmt.Fprintf(w, "%s = %s\n", to, p.copyOf(t, from))
}

func (p *pkg) isForeignStruct(t ast.Expr) bool {
	name, ok := p.foreign(t)
	if !ok {
		return false
	}
	_, isStruct := p.other.types[name].(*ast.StructType)
	return isStruct
}

// typeName is how the type is written in the source.
func typeName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.SelectorExpr:
		return t.X.(*ast.Ident).Name + "." + t.Sel.Name
	case *ast.ArrayType:
		return "[]" + typeName(t.Elt)
	}
	return t.(*ast.Ident).Name
}

// copyOfMap copies a map whose values share memory, value by value.
func (p *pkg) copyOfMap(t *ast.MapType, from string) string {
	copied := p.copyOf(t.Value, "v")
	if id, ok := t.Value.(*ast.Ident); ok {
		if _, isStruct := p.types[id.Name].(*ast.StructType); isStruct {
			copied = "*" + copied
		}
	}
	return fmt.Sprintf("cloneMap(%s, func(v %s) %s { return %s })", from, typeName(t.Value), typeName(t.Value), copied)
}

// copyOf is an expression that copies from, which is a pointer, slice or map.
func (p *pkg) copyOf(t ast.Expr, from string) string {
	switch t := t.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		return from + ".Clone()"
	case *ast.StarExpr:
		if p.shares(t.X) {
			return from + ".Clone()"
		}
		return "clonePointer(" + from + ")"
	case *ast.ArrayType:
		if p.isForeignStruct(t.Elt) && p.shares(t.Elt) {
			return fmt.Sprintf("cloneEach(%s, func(from, to *%s) { *to = *from.Clone() })", from, typeName(t.Elt))
		}
		if p.shares(t.Elt) {
			return fmt.Sprintf("cloneEach(%s, (*%s).cloneTo)", from, t.Elt.(*ast.Ident).Name)
		}
		return "cloneSlice(" + from + ")"
	case *ast.MapType:
		if p.shares(t.Value) {
			return p.copyOfMap(t, from)
		}
		return "maps.Clone(" + from + ")"
	}
	panic(fmt.Sprintf("copy of %T", t))
}

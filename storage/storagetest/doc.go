// Package storagetest checks any storage.Driver: hand TestDriver a function that makes one, and it plays pods against it.
//
// What it checks, each in a subtest of its own: all kinds of volumes mount and are found; Mount twice keeps contents;
// volumes go with their UID, and never pass to a new pod of the same name; a Mount that fails leaves nothing; updates of
// files; claims and their owners; ReadWriteOncePod; Sweep; many pods at once; and a long random history against a model
// that is a map. A driver that is also storage.Contents, or that has paths, has its files read and written too.
//
// What it does not check: durability, speed, and what containers can do to a volume. Those are the driver's own tests.
package storagetest

// Most of these tests wait for a node: many at once take no longer than the slowest.
[assembly: CollectionBehavior(MaxParallelThreads = 12)]

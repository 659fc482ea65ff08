// One after the other: these tests measure time, and take all cores that they get.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

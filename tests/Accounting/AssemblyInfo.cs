// One after the other: the run takes all cores that it gets.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

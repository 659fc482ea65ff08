// Mostly starts of processes: more at a time than cores would only make all of them late.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

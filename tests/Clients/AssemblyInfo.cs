// All at once: these tests mostly wait for others, and some for half a minute.
[assembly: CollectionBehavior(MaxParallelThreads = -1)]

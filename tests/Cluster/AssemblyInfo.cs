// One cluster at a time: what is measured in fractions of a second is not to wait for another's silos.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

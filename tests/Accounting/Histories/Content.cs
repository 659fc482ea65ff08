namespace OrleansGateway.Tests.Accounting.Histories;

/// <summary>What the checker knows of a message: who sent it as its how manieth, and the checksum of its bytes.</summary>
/// <param name="Publisher">0 for what is no body of this run's, or a damaged one.</param>
/// <param name="Number">Counted 1, 2, 3 … by its publisher over all channels.</param>
/// <param name="Sum">The checksum that the body itself names, and that was right.</param>
internal readonly record struct Content(int Publisher, int Number, ulong Sum)
{
    /// <summary>What arrived is not what anybody sent.</summary>
    public bool IsDamaged => Publisher == 0;

    public static Content Damaged(int length) => new(0, length, 0);

    public override string ToString() => IsDamaged ? $"{Number} damaged bytes" : $"p{Publisher}/{Number}";
}

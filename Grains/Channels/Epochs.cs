using System.Security.Cryptography;

namespace OrleansGateway.Channels;

/// <summary>Makes epochs: 8 characters, a letter first.</summary>
internal static class Epochs
{
    /// <summary>How long they are.</summary>
    public const int Length = 8;

    private const string Letters = "abcdefghijklmnopqrstuvwxyz";
    private const string Characters = Letters + "0123456789";

    public static string New() => RandomNumberGenerator.GetString(Letters, 1) + RandomNumberGenerator.GetString(Characters, Length - 1);
}

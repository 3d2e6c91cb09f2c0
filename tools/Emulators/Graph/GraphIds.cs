using System.Globalization;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Makes and compares ids as the two services behind Graph do.</summary>
internal static class GraphIds
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>Business drives have "b!…"; personal ones a number of 16 hexadecimal digits, whose leading zeros get lost.</summary>
    public static string DriveId(GraphDriveKind kind, int number)
    {
        var seed = Mix((ulong)number);
        return kind == GraphDriveKind.Personal
            ? (seed >> 8).ToString("X16", CultureInfo.InvariantCulture)
            : $"b!{Letters(seed, 64)}";
    }

    public static string ItemId(GraphDriveKind kind, string driveId, long number) => kind == GraphDriveKind.Personal
        ? $"{driveId}!s{Mix((ulong)number):x16}{Mix((ulong)number + 0x5bd1):x16}"
        : $"01{Letters(Mix((ulong)number), 32)}";

    /// <summary>Personal ids are the same without regard to case and leading zeros.</summary>
    public static string Normalize(GraphDriveKind kind, string id) =>
        kind == GraphDriveKind.Personal ? id.TrimStart('0').ToUpperInvariant() : id;

    /// <summary>Some of a personal account's answers give the id in lower case and without its leading zeros.</summary>
    public static string Shortened(GraphDriveKind kind, string id) =>
        kind == GraphDriveKind.Personal ? id.TrimStart('0').ToLowerInvariant() : id;

    private static string Letters(ulong seed, int count) => string.Create(count, seed, (letters, state) =>
    {
        for (var index = 0; index < letters.Length; index++)
        {
            state = Mix(state + (ulong)index);
            letters[index] = Base32[(int)(state >> 59)];
        }
    });

    // SplitMix64: equal runs give equal ids, which makes journals comparable.
    private static ulong Mix(ulong value)
    {
        value += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}

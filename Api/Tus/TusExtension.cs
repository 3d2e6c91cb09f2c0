namespace ChunkUpload.Api.Tus;

/// <summary>The extensions, by their names in <c>Tus-Extension</c>.</summary>
internal static class TusExtension
{
    public const string Creation = "creation";
    public const string CreationWithUpload = "creation-with-upload";
    public const string CreationDeferLength = "creation-defer-length";
    public const string Expiration = "expiration";
    public const string Checksum = "checksum";
    public const string ChecksumTrailer = "checksum-trailer";
    public const string Termination = "termination";
    public const string Concatenation = "concatenation";
    public const string ConcatenationUnfinished = "concatenation-unfinished";

    public static IReadOnlyList<string> All { get; } =
    [
        Creation, CreationWithUpload, CreationDeferLength, Expiration, Checksum, ChecksumTrailer, Termination, Concatenation,
            ConcatenationUnfinished,
    ];

    /// <summary>The extensions that need another one (T7).</summary>
    public static IReadOnlyList<(string Name, string Needed)> Needs { get; } =
    [
        (CreationWithUpload, Creation),
        (CreationDeferLength, Creation),
        (ChecksumTrailer, Checksum),
        (Concatenation, Creation),
        (ConcatenationUnfinished, Concatenation),
    ];
}

using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>The exit codes. They are stable: docs/client.md lists them.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Usage = 2;
    public const int NoAgent = 13;
    public const int Cancelled = 130;

    /// <summary>The class as JSON names it.</summary>
    public static string Word(TransferFailure failure) => char.ToLowerInvariant(failure.ToString()[0]) + failure.ToString()[1..];

    public static int Of(TransferFailure failure) => failure switch
    {
        TransferFailure.Network => 3,
        TransferFailure.Server => 4,
        TransferFailure.Checksum => 5,
        TransferFailure.Authentication => 6,
        TransferFailure.Quota => 7,
        TransferFailure.Conflict => 8,
        TransferFailure.LocalFile => 9,
        TransferFailure.SourceChanged => 10,
        TransferFailure.NotFound => 11,
        _ => 12,
    };
}

/// <summary>A command line or a configuration that makes no sense, with a sentence.</summary>
internal sealed class UsageException(string message) : Exception(message);

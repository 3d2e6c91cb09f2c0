using ChunkUpload.Agent;
using ChunkUpload.Client;

namespace ChunkUpload.Cli;

/// <summary>The exit codes. They are stable: docs/client.md lists them.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>cu check: files are missing. cu doctor: a problem was found.</summary>
    public const int Differs = 1;
    public const int Usage = 2;
    public const int NoAgent = 13;

    /// <summary>cu sync --two-way: conflicts or removals need a decision.</summary>
    public const int NeedsPerson = 16;

    /// <summary>cu sync --two-way: a side is not available.</summary>
    public const int SideAway = 17;
    public const int Cancelled = 130;

    /// <summary>The exit codes with their meanings.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Done, "Done."),
        (Differs, "cu check: files are missing. cu doctor: a problem was found."),
        (Usage, "The command line or the configuration is not valid."),
        (Of(TransferFailure.Network), "Network: no connection, or one that broke or hung."),
        (Of(TransferFailure.Server), "Server: it is overloaded, stopping, failing, or limits the rate."),
        (Of(TransferFailure.Checksum), "Bytes differ from their checksum."),
        (Of(TransferFailure.Authentication), "The key or link is wrong, revoked, ended or without the right."),
        (Of(TransferFailure.Quota), "A quota is full, or the file is too large."),
        (Of(TransferFailure.Conflict), "The target has other content."),
        (Of(TransferFailure.LocalFile), "A local file cannot be read or written, or the disk is full."),
        (Of(TransferFailure.SourceChanged), "The source changed again and again."),
        (Of(TransferFailure.NotFound), "The address does not exist."),
        (Of(TransferFailure.Refused), "Refused because of its type, name or content."),
        (NoAgent, "No agent runs."),
        (Of(TransferFailure.InvalidAnswer), "The answer is not from a ChunkUpload service. Another program may use the address."),
        (Of(TransferFailure.Unexpected), "A defect of cu, which the message describes."),
        (NeedsPerson, "cu sync --two-way: conflicts or removals wait for a decision (cu conflicts)."),
        (SideAway, "cu sync --two-way: one of the folders is not available, so nothing is removed."),
        (Cancelled, "Stopped by Ctrl-C. The same command resumes it, if cu says so."),
    ];

    /// <summary>Returns the name of a failure class in JSON.</summary>
    public static string Word(TransferFailure failure) => Fault.ClassOf(failure);

    /// <summary>Returns the exit code of a refusal by the agent, or of an agent that does not answer.</summary>
    public static int Of(AgentException failure) => failure.Code switch
    {
        AgentException.NoAgent => NoAgent,
        AgentException.AlreadyRuns => Of(TransferFailure.Conflict),
        AgentException.NoEntry => Of(TransferFailure.NotFound),
        AgentException.QueueFull => Of(TransferFailure.Quota),
        AgentException.NotSaved => Of(TransferFailure.LocalFile),
        _ => Usage,
    };

    /// <summary>The code of a class as JSON names it.</summary>
    public static int Of(string? word) =>
        Enum.TryParse<TransferFailure>(word, ignoreCase: true, out var failure) ? Of(failure) : Of(TransferFailure.Refused);

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
        TransferFailure.InvalidAnswer => 14,
        TransferFailure.Unexpected => 15,
        _ => 12,
    };
}

/// <summary>A command line or a configuration that makes no sense, with a sentence.</summary>
internal sealed class UsageException(string message) : Exception(message);

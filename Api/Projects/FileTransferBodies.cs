using System.Text.Json.Serialization;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>A request for a file of a device.</summary>
internal sealed record FileRequestBody
{
    /// <summary>The path in the project.</summary>
    [JsonPropertyName("file_path")]
    public string? FilePath { get; init; }

    /// <summary>The SHA-256 that the file must have, in hex; left out for the current version.</summary>
    [JsonPropertyName("file_hash")]
    public string? FileHash { get; init; }

    /// <summary>full or delta; default full. delta also sends the whole file.</summary>
    [JsonPropertyName("request_mode")]
    public string? RequestMode { get; init; }

    /// <summary>The requester's own device that receives the file; left out for any client.</summary>
    [JsonPropertyName("target_device_id")]
    public Guid? TargetDeviceId { get; init; }

    /// <summary>Instead of file_path: a folder, with all files below it.</summary>
    public string? Prefix { get; init; }

    /// <summary>Instead of file_path: up to 10,000 files.</summary>
    public IReadOnlyList<string?>? Paths { get; init; }

    /// <summary>With prefix or paths: the id of the request; a repetition uses the same id. One is created if left out.</summary>
    [JsonPropertyName("batch_id")]
    public Guid? BatchId { get; init; }

    [JsonIgnore]
    public bool IsBatch => FilePath is null && (Prefix is not null || Paths is not null);
}

internal sealed class FileDownloadValidator : AbstractValidator<FileRequestBody>
{
    public FileDownloadValidator()
    {
        RuleFor(body => body.FilePath).Must((body, path) => body.IsBatch || path is ['/', _, ..]).OverridePropertyName("file_path")
            .WithMessage("file_path must be the path of a file, as the list has it.");
        RuleFor(body => body.Prefix).Must((body, prefix) => prefix is null || (prefix is ['/', ..] && body.FilePath is null))
            .OverridePropertyName("prefix").WithMessage("prefix must be a folder, such as /line-14/, without file_path.");
        RuleFor(body => body.Paths)
            .Must((body, paths) => paths is null || (body.FilePath is null && body.Prefix is null
                && paths.Count is >= 1 and <= FileBatch.MostFiles && paths.All(path => path is ['/', _, ..])))
            .OverridePropertyName("paths")
            .WithMessage("paths must be 1 to 10,000 paths of files, as the list has them, without file_path and prefix.");
        RuleFor(body => body.FileHash).Must((body, text) => text is null || !body.IsBatch).OverridePropertyName("file_hash")
            .WithMessage("file_hash is that of one file: it goes with file_path.");
        RuleFor(body => body.FileHash).Must(text => text is null || Sha256Digest.TryParseHex(text, out _))
            .OverridePropertyName("file_hash").WithMessage("file_hash must be a SHA-256 in hex.");
        RuleFor(body => body.RequestMode).Must(mode => mode is null or "full" or "delta").OverridePropertyName("request_mode")
            .WithMessage("request_mode must be full or delta.");
    }
}

/// <summary>A report of the source or the receiver about a transfer.</summary>
internal sealed record FileTransferChangeBody
{
    public const int LongestMessage = 500;

    /// <summary>in_progress claims the attempt; completed and failed end it. Left out for progress.</summary>
    public string? Status { get; init; }

    /// <summary>The number of the attempt; a receiver may leave it out.</summary>
    public int? Attempt { get; init; }

    /// <summary>The id of the sending agent, which never changes.</summary>
    public Guid? Claim { get; init; }

    [JsonPropertyName("bytes_transferred")]
    public long? BytesTransferred { get; init; }

    /// <summary>The time at which the receiver had the file; the service stores its own time.</summary>
    [JsonPropertyName("completed_at")]
    public string? CompletedAt { get; init; }

    /// <summary>The SHA-256 of what was sent or received, in hex.</summary>
    public string? Hash { get; init; }

    /// <summary>file_changed or source_failed from the source, digest_mismatch or receiver_failed from the receiver.</summary>
    [JsonPropertyName("error_code")]
    public string? ErrorCode { get; init; }

    /// <summary>straight, overlay or relay: the path that the receiver uses; only from the receiver.</summary>
    public string? Way { get; init; }

    /// <summary>Why the receiver uses the relay: straight_unreachable, fingerprint_changed or straight_refused.</summary>
    [JsonPropertyName("way_reason")]
    public string? WayReason { get; init; }

    /// <summary>
    /// The ranges of the file that the receiver lacks when it uses the relay; only these are relayed. Left out for the whole file.
    /// </summary>
    public IReadOnlyList<RangeView?>? Missing { get; init; }

    /// <summary>The addresses with ports at which the source listens for the receiver's device; only from the source.</summary>
    public IReadOnlyList<string?>? Addresses { get; init; }

    /// <summary>A sentence for people.</summary>
    [JsonPropertyName("error_message")]
    public string? ErrorMessage { get; init; }
}

internal sealed class TransferChangeValidator : AbstractValidator<FileTransferChangeBody>
{
    public static readonly string[] SourceCodes = ["file_changed", "source_failed"];
    public static readonly string[] ReceiverCodes = ["digest_mismatch", "receiver_failed"];

    private const int MostRanges = 1000;

    private static readonly string[] Reasons = ["straight_unreachable", "fingerprint_changed", "straight_refused"];

    public TransferChangeValidator()
    {
        RuleFor(body => body.Status).Must(status => status is null or "in_progress" or "completed" or "failed")
            .OverridePropertyName("status").WithMessage("status must be in_progress, completed or failed.");
        RuleFor(body => body.BytesTransferred).Must(bytes => bytes is null or >= 0).OverridePropertyName("bytes_transferred")
            .WithMessage("bytes_transferred must be a number of bytes.");
        RuleFor(body => body).Must(body => body.Status is not null || body.BytesTransferred is not null || body.Way is not null)
            .OverridePropertyName("status").WithMessage("Send a status, bytes_transferred, or a way.");
        RuleFor(body => body.Way).Must(way => way is null or "straight" or "overlay" or "relay").OverridePropertyName("way")
            .WithMessage("way must be straight, overlay or relay.");
        RuleFor(body => body.WayReason).Must(reason => reason is null || Reasons.Contains(reason)).OverridePropertyName("way_reason")
            .WithMessage("way_reason must be straight_unreachable, fingerprint_changed or straight_refused.");
        RuleFor(body => body.Missing).Must(all => all is null || (all.Count is > 0 and <= MostRanges && all.All(IsRange)))
            .OverridePropertyName("missing")
            .WithMessage($"missing has 1 to {MostRanges} ranges of the file, each with an offset and a length above 0.");
        RuleFor(body => body.Addresses).Must(all => all is null || StraightAddresses.AreValid(all)).OverridePropertyName("addresses")
            .WithMessage(
                $"addresses has at most {StraightAddresses.Most} addresses with ports, such as 192.168.1.5:7443, and no multicast.");
        RuleFor(body => body.Hash).Must(text => text is null || Sha256Digest.TryParseHex(text, out _))
            .OverridePropertyName("hash").WithMessage("hash must be a SHA-256 in hex.");
        RuleFor(body => body.ErrorCode).Must(code => code is null || SourceCodes.Contains(code) || ReceiverCodes.Contains(code))
            .OverridePropertyName("error_code")
            .WithMessage("error_code must be file_changed, source_failed, digest_mismatch or receiver_failed.");
        RuleFor(body => body.ErrorMessage).MaximumLength(FileTransferChangeBody.LongestMessage).OverridePropertyName("error_message");
    }

    private static bool IsRange(RangeView? range) =>
        range is { Offset: >= 0, Length: > 0 } && range.Offset <= long.MaxValue - range.Length;
}

internal sealed record TransferAnswerBody
{
    /// <summary>
    /// version (the default): this version of the file; folder: all requests of the member in this folder, for 30 days.
    /// </summary>
    public string? For { get; init; }
}

internal sealed class TransferAnswerValidator : AbstractValidator<TransferAnswerBody>
{
    public TransferAnswerValidator() => RuleFor(body => body.For).Must(what => what is null or "version" or "folder")
        .OverridePropertyName("for").WithMessage("for must be version or folder.");
}

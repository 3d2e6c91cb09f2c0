using ChunkUpload.Core.Hooks;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Checks;

/// <summary>Decides whether an upload becomes a file.</summary>
public interface IUploadChecker
{
    /// <summary>Throws for what goes wrong with the stored bytes, and when it is cancelled; never for what the checker does.</summary>
    Task<CheckVerdict> CheckAsync(Upload upload, CheckedContent content, CancellationToken cancellationToken);
}

public enum CheckOutcome
{
    Accepted = 1,
    Refused,

    /// <summary>The checker has given no verdict.</summary>
    Failed,
}

/// <param name="Sentence">Of a refusal: why, for the client. Of a failure: what went wrong, for the operator.</param>
public sealed record CheckVerdict(CheckOutcome Outcome, string? Sentence)
{
    public static CheckVerdict Accepted { get; } = new(CheckOutcome.Accepted, null);

    public static CheckVerdict Refused(string? sentence) => new(CheckOutcome.Refused, PlainSentence.Of(sentence));

    public static CheckVerdict Failed(string sentence) => new(CheckOutcome.Failed, PlainSentence.Of(sentence));
}

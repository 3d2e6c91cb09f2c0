using ChunkUpload.Core.Hooks;

namespace ChunkUpload.Core.Checks;

/// <summary>Decides whether an upload becomes a file.</summary>
public interface IUploadChecker
{
    /// <summary>
    /// Throws when stored bytes cannot be read, and when it is cancelled. A failure of the checker is a verdict, not an exception.
    /// </summary>
    Task<CheckVerdict> CheckAsync(Upload upload, CheckedContent content, CancellationToken cancellationToken);
}

public enum CheckOutcome
{
    Accepted = 1,
    Refused,

    /// <summary>The checker has given no verdict.</summary>
    Failed,
}

/// <param name="Sentence">The reason of a refusal, for the client; or of a failure, for the operator.</param>
public sealed record CheckVerdict(CheckOutcome Outcome, string? Sentence)
{
    public static CheckVerdict Accepted { get; } = new(CheckOutcome.Accepted, null);

    public static CheckVerdict Refused(string? sentence) => new(CheckOutcome.Refused, PlainSentence.Of(sentence));

    public static CheckVerdict Failed(string sentence) => new(CheckOutcome.Failed, PlainSentence.Of(sentence));

    public static CheckVerdict Found(string malware) => Refused($"it contains {malware}");

    public static CheckVerdict NoRoomForCopy { get; } = Failed("The disk has no room for a copy of the file.");

    public static CheckVerdict NotCopied(string fault) => Failed($"The file could not be copied for the check: {fault}");

    public static CheckVerdict NotRun(string program, string fault) => Failed($"{program} cannot be run: {fault}");

    public static CheckVerdict Ended(string program, int code, string? said) =>
        Failed($"{program} ended with {code}: {said ?? "it printed nothing"}");

    public static CheckVerdict Unreachable(string checker, string fault) => Failed($"{checker} does not answer: {fault}");

    public static CheckVerdict Unclear(string checker, string answer) => Failed(
        answer.Length == 0 ? $"{checker} closed the connection without an answer." : $"{checker} answered: {answer}");

    public static CheckVerdict TooLate(TimeSpan limit) => Failed($"No verdict came within {limit.TotalSeconds} s.");
}

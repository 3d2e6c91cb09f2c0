namespace ChunkUpload.Client;

/// <summary>A transfer, or another call, that failed for good. A transfer's state stays: the same call resumes where it ended.</summary>
public sealed class TransferException : Exception
{
    /// <summary>Creates the failure of a class with a sentence.</summary>
    public TransferException(TransferFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>The class of the failure.</summary>
    public TransferFailure Failure { get; }

    /// <summary>The service's stable code (docs/errors.md), or null if the service did not answer.</summary>
    public string? Code { get; init; }

    /// <summary>The status of the answer, or null if there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>How long the service has asked to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Gets a value that indicates whether the same request may succeed later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Names the request in the service's log.</summary>
    public string? RequestId { get; init; }

    /// <summary>Another connection is open, so the same request needs no pause.</summary>
    internal bool GoesOnAtOnce { get; init; }

    internal Http.AdviceAnswer? Advice { get; init; }

    internal static TransferException Network(string message, Exception? inner = null) =>
        new(TransferFailure.Network, message, inner) { IsTransient = true };

    internal static TransferException Left(string message, Exception inner) =>
        new(TransferFailure.Network, message, inner) { IsTransient = true, GoesOnAtOnce = true };

    internal static TransferException Invalid(string message, Exception? inner = null) =>
        new(TransferFailure.InvalidAnswer, message, inner);

    internal static TransferException Local(string message, Exception? inner = null) => new(TransferFailure.LocalFile, message, inner);
}

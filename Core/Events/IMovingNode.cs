namespace ChunkUpload.Core.Events;

/// <summary>Another node of the ledger that runs now, and tells what moves there.</summary>
public interface IMovingNode
{
    /// <summary>Gets the number of the node's incarnation.</summary>
    long Incarnation { get; }

    /// <summary>Has the node answer the request with its <see cref="MovedAnswers"/>. Returns null if the node does not answer.</summary>
    Task<MovedAnswer?> MovedAsync(MovedRequest request, CancellationToken cancellationToken);
}

/// <summary>Asks a node what has moved there.</summary>
/// <param name="Since">The last answer's <see cref="MovedAnswer.Until"/>; 0: whatever has moved lately.</param>
/// <param name="Keys">Of those who listen (<see cref="EventListener"/>); null: everything.</param>
public sealed record MovedRequest(long Since, IReadOnlyList<string>? Keys);

/// <summary>What has moved at a node.</summary>
/// <param name="Until">What moves later has a higher number.</param>
public sealed record MovedAnswer(long Until, IReadOnlyList<Progress> Progress, IReadOnlyList<UploadNotice> Notices);

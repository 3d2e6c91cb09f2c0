namespace ChunkUpload.Core.Events;

/// <summary>Another running node of the ledger, which reports its progress.</summary>
public interface IMovingNode
{
    /// <summary>Gets the number of the node's incarnation.</summary>
    long Incarnation { get; }

    /// <summary>Sends the request to the <see cref="MovedAnswers"/> of the node. Returns null if the node does not answer.</summary>
    Task<MovedAnswer?> MovedAsync(MovedRequest request, CancellationToken cancellationToken);
}

/// <summary>A request for the progress of a node.</summary>
/// <param name="Since">The <see cref="MovedAnswer.Until"/> of the last answer; 0 for everything recent.</param>
/// <param name="Keys">The keys of the listeners (<see cref="EventListener"/>); null for everything.</param>
public sealed record MovedRequest(long Since, IReadOnlyList<string>? Keys);

/// <summary>The progress of a node.</summary>
/// <param name="Until">A number that is lower than that of any later movement.</param>
public sealed record MovedAnswer(long Until, IReadOnlyList<Progress> Progress, IReadOnlyList<UploadNotice> Notices);

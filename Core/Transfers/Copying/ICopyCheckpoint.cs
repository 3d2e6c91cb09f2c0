using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>Connects a copy to its work item: stores durable records, and chooses the target of the file.</summary>
public interface ICopyCheckpoint
{
    /// <summary>Records steps atomically.</summary>
    /// <returns><c>false</c> if another worker has taken over; the copy then ends.</returns>
    Task<bool> SaveAsync(IReadOnlyList<CopyStep> steps, CancellationToken cancellationToken);

    /// <summary>Chooses the target of the file, and records it with the postponed steps.</summary>
    /// <returns>A choice without values if another worker has taken over.</returns>
    Task<Outcome<CopyChoice>> ChooseAsync(
        SourceItem found, CopyState state, IReadOnlyList<CopyStep> unsaved, CancellationToken cancellationToken);

    /// <summary>Returns how many bytes the owner may still store at the destination; <c>null</c> if that is not known.</summary>
    Task<long?> RoomAsync(CancellationToken cancellationToken);

    /// <summary>Returns whether the copy must yield to other work. Called after each recorded piece.</summary>
    Task<bool> YieldsAsync(CancellationToken cancellationToken);

    /// <summary>Returns the size of the next piece of a file of several pieces.</summary>
    /// <param name="most">The maximum that memory and both storages allow.</param>
    long NextPiece(long most);

    /// <summary>Called when bytes were read, or while the copy waits for bandwidth, to show that the worker is alive.</summary>
    void Progress();

    /// <summary>Called when bytes are sent to the destination.</summary>
    void Sending(int bytes);

    /// <summary>Waits until the next bytes may be read.</summary>
    ValueTask PaceAsync(int bytes);

    /// <summary>
    /// Called when the source failed within a piece, so the request to the destination was cancelled and does not count as failed.
    /// </summary>
    void Interrupted();
}

/// <param name="Target">The target of the file, which is recorded.</param>
/// <param name="End">Set if the copy ends without sending a byte.</param>
public sealed record CopyChoice(CopyTargeted? Target, CopyEnd? End);

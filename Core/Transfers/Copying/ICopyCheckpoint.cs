using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>What a copy needs of the work that it is a part of: durable records, and the decision what the file becomes.</summary>
public interface ICopyCheckpoint
{
    /// <summary>Records steps, all of them or none.</summary>
    /// <returns><c>false</c> if another worker has taken over; the copy then ends.</returns>
    Task<bool> SaveAsync(IReadOnlyList<CopyStep> steps, CancellationToken cancellationToken);

    /// <summary>Decides what the file becomes at the destination, and records that with the steps that are not recorded yet.</summary>
    /// <returns>A choice without any value means that another worker has taken over.</returns>
    Task<Outcome<CopyChoice>> ChooseAsync(
        SourceItem found, CopyState state, IReadOnlyList<CopyStep> unsaved, CancellationToken cancellationToken);

    /// <summary>Returns how many bytes the owner may still store at the destination; <c>null</c> if that is not known.</summary>
    Task<long?> RoomAsync(CancellationToken cancellationToken);

    /// <summary>Returns whether the copy pauses here, so that other work gets its turn; asked after each piece that was recorded.</summary>
    Task<bool> YieldsAsync(CancellationToken cancellationToken);

    /// <summary>Returns how many bytes of a file of several pieces the next one has.</summary>
    /// <param name="most">What memory and both storages allow.</param>
    long NextPiece(long most);

    /// <summary>Bytes were read, or the copy waits for bandwidth: the worker is alive.</summary>
    void Progress();

    /// <summary>Bytes are on their way to the destination.</summary>
    void Sending(int bytes);

    /// <summary>Returns when the next bytes may be read.</summary>
    ValueTask PaceAsync(int bytes);

    /// <summary>The source failed within a piece, so the request to the destination was ended here: that one has not failed.</summary>
    void Interrupted();
}

/// <param name="Target">What the file becomes; it is recorded.</param>
/// <param name="End">The copy ends without a byte.</param>
public sealed record CopyChoice(CopyTargeted? Target, CopyEnd? End);

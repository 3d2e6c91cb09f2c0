using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

/// <summary>Stores the ways of transfers, and which tenants allow files to be sent from device to device.</summary>
public interface IStraightLedger
{
    /// <summary>Returns whether the devices of the tenant may send files straight.</summary>
    Task<bool> IsAllowedAsync(string tenant, CancellationToken cancellationToken);

    /// <summary>Lets an administrator allow or forbid it for the own tenant.</summary>
    Task AllowAsync(Caller caller, bool allow, CancellationToken cancellationToken);

    /// <summary>The requester chooses the way of a running attempt.</summary>
    /// <param name="attempt"><c>null</c> for the present one.</param>
    /// <param name="reason">Why the way is the relay, as a word.</param>
    /// <param name="missing">The ranges of the file that the receiver lacks, which are relayed; <c>null</c> for all of it.</param>
    /// <param name="room">How many bytes may lie on the service for the member.</param>
    Task<FileTransferOutcome> SetWayAsync(
        FileTransfer transfer, Caller caller, int? attempt, FileWay way, string? reason, IReadOnlyList<ByteRange>? missing, long room,
        CancellationToken cancellationToken);
}

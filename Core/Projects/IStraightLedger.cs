using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

/// <summary>Stores the paths of transfers, and which tenants allow files to be sent from device to device.</summary>
public interface IStraightLedger
{
    /// <summary>Returns whether the devices of the tenant may send files directly.</summary>
    Task<bool> IsAllowedAsync(string tenant, CancellationToken cancellationToken);

    /// <summary>Allows or forbids direct transfers in the administrator's tenant.</summary>
    Task AllowAsync(Caller caller, bool allow, CancellationToken cancellationToken);

    /// <summary>Sets the path of a running attempt, which the requester chooses.</summary>
    /// <param name="attempt"><c>null</c> for the current one.</param>
    /// <param name="reason">Why the file is relayed, as a code.</param>
    /// <param name="missing">The ranges of the file that the receiver lacks, which are relayed; <c>null</c> for all of it.</param>
    /// <param name="room">The maximum number of bytes stored on the service for the member.</param>
    Task<FileTransferOutcome> SetWayAsync(
        FileTransfer transfer, Caller caller, int? attempt, FileWay way, string? reason, IReadOnlyList<ByteRange>? missing, long room,
        CancellationToken cancellationToken);
}

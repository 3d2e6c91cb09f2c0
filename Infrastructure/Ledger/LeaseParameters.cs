using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;
using Dapper;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// The parameters of a statement that records the work on an item: the statement's own, and the lease as <c>@Incarnation</c>,
/// <c>@Work</c> and <c>@Epoch</c>, by which the function rejects the record of a lost lease.
/// </summary>
internal static class LeaseParameters
{
    public static DynamicParameters Of(Incarnation incarnation, WorkItem item, object parameters)
    {
        var all = new DynamicParameters(parameters);
        all.AddDynamicParams(new { Incarnation = incarnation.Id, item.Lease.Work, item.Lease.Epoch });
        return all;
    }
}

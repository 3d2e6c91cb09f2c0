using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>Under which bandwidth limits the bytes of a transfer are.</summary>
public sealed class TransferPaceTests
{
    private static readonly Caller Owner = new("acme", "user:1");

    [Fact]
    public async Task Bytes_between_two_storages_count_for_their_owner_in_both_directions()
    {
        var limiter = new FakeBandwidthLimiter { IsActive = true };
        using (var file = PaceOf(limiter).Begin(Between(Guid.NewGuid(), Guid.NewGuid()), Owner))
        {
            await file.PassAsync(1000, () => { });
            await file.PassAsync(500, () => { });
            Assert.Equal([FlowDirection.Receive, FlowDirection.Send], limiter.Flows.Select(flow => flow.Direction));
            Assert.All(limiter.Flows, flow => Assert.Equal(Owner, flow.Caller));
            Assert.Equal(2 * 1500, limiter.Counted);
        }

        Assert.Equal(0, limiter.Running);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Bytes_of_the_service_itself_are_counted_where_it_reads_and_writes_them(bool fromOwn, bool toOwn)
    {
        var limiter = new FakeBandwidthLimiter { IsActive = true };
        using var file = PaceOf(limiter).Begin(Between(fromOwn ? null : Guid.NewGuid(), toOwn ? null : Guid.NewGuid()), Owner);
        await file.PassAsync(1000, () => { });
        Assert.Empty(limiter.Flows);
    }

    private static TransferPace PaceOf(FakeBandwidthLimiter limiter) =>
        new(limiter, Options.Create(new LimitsOptions()), new SharedUsage(), new ManualTime());

    private static Transfer Between(Guid? source, Guid? destination) => new(
        Guid.NewGuid(), Owner.Tenant, Owner.Subject, Scopes.Transfers, null, "", source, destination, "root", "Root",
        new TransferOptions(), BandwidthPriority.Normal);
}

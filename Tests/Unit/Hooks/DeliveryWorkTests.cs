using ChunkUpload.Core.Hooks;
using ChunkUpload.Core.Work;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Unit.Hooks;

/// <summary>How often a delivery is sent.</summary>
public sealed class DeliveryWorkTests
{
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task A_delivery_is_attempted_as_often_as_configured(int failures, bool again)
    {
        var ledger = new OneDelivery();
        var options = Options.Create(new WebhookOptions { Attempts = 3 });
        var work = new DeliveryWork(ledger, new Refusing(), options, new ManualTime(), NullLogger<DeliveryWork>.Instance);
        var item = new WorkItem(new LeaseId(1, 1), work.Name, ledger.Id, failures, [], WorkPriority.Normal, 0);
        using var lease = new WorkLease(item, work.Lease, 0, new ManualTime(), CancellationToken.None);
        _ = await work.WorkAsync(lease);
        Assert.Equal(again, ledger.Recorded!.Value.Pause is not null);
    }

    private sealed class Refusing : IHookSender
    {
        public Task<HookAnswer> SendAsync(HookRequest request, CancellationToken cancellationToken) =>
            Task.FromResult(new HookAnswer(500, null, null, TimeSpan.Zero));

        public string? Fault(string url) => null;
    }

    private sealed class OneDelivery : IDeliveryLedger
    {
        public Guid Id { get; } = Guid.NewGuid();

        public (HookAnswer Answer, TimeSpan? Pause)? Recorded { get; private set; }

        public Task<int> QueueAsync(int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<DueDelivery?> FindAsync(Guid delivery, CancellationToken cancellationToken)
        {
            var now = DateTimeOffset.UnixEpoch;
            var webhook = new Webhook(
                Guid.NewGuid(), "acme", "Hook", "https://hook.example/", WebhookFormat.Json, [], true, "user:1", now, null, null);
            return Task.FromResult<DueDelivery?>(new DueDelivery(
                new WebhookTarget(webhook, new byte[32]),
                new Delivery(Id, 1, "upload_completed", "{}", DeliveryState.Waiting, 0, now, now, null, null, null, null, null)));
        }

        public Task RecordAsync(
            WorkItem item, HookAnswer answer, TimeSpan? pause, TimeSpan pauseAfter, CancellationToken cancellationToken)
        {
            Recorded = (answer, pause);
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<WebhookTarget>> ProgressTargetsAsync(CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ProgressAsync(IReadOnlyList<Guid> uploads, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}

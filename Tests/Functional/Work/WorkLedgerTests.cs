using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;
using ChunkUpload.Infrastructure.Work;
using ChunkUpload.Tests.Support;
using Dapper;

namespace ChunkUpload.Tests.Functional.Work;

/// <summary>The queue of work in PostgreSQL: what is leased, in which order, by whom, and what ends a lease.</summary>
public sealed class WorkLedgerTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly DateTimeOffset Later = TimeProvider.System.GetUtcNow().AddDays(1);

    private PostgresWorkLedger _ledger = null!;

    public async Task InitializeAsync()
    {
        await fixture.EmptyAsync();
        _ledger = fixture.OpenWork(await BeginAsync());
    }

    public Task DisposeAsync() => fixture.CloseAsync();

    [Fact]
    public async Task An_item_is_leased_once_and_vanishes_when_it_is_done()
    {
        var reference = await AddAsync();

        var item = Assert.Single(await ClaimAsync());
        Assert.Equal((reference, 1L, 0), (item.Reference, item.Lease.Epoch, item.Attempts));
        Assert.Empty(await ClaimAsync());
        Assert.True(await EndAsync(item));

        Assert.False(await EndAsync(item));
        Assert.Equal(0, await RowsAsync());
    }

    [Fact]
    public async Task Adding_an_item_again_changes_nothing()
    {
        var reference = await AddAsync(priority: WorkPriority.Low);
        await _ledger.AddAsync([new NewWork("test", reference) { Priority = WorkPriority.High }], None);

        Assert.Equal(WorkPriority.Low, Assert.Single(await ClaimAsync()).Priority);
    }

    [Fact]
    public async Task An_item_that_is_added_while_it_is_worked_on_is_worked_on_once_more()
    {
        var reference = await AddAsync();
        var first = Assert.Single(await ClaimAsync());
        await _ledger.AddAsync([new NewWork("test", reference)], None);
        Assert.Empty(await ClaimAsync());

        Assert.True(await EndAsync(first));

        var second = Assert.Single(await ClaimAsync());
        Assert.Equal((reference, 2L, 0), (second.Reference, second.Lease.Epoch, second.Attempts));
        Assert.True(await EndAsync(second));
        Assert.Equal(0, await RowsAsync());
    }

    [Fact]
    public async Task Higher_priorities_come_first_and_then_positions()
    {
        var last = await AddAsync(priority: WorkPriority.Low, position: -1);
        var third = await AddAsync(position: 2);
        var second = await AddAsync(position: 1);
        var first = await AddAsync(priority: WorkPriority.High, position: 9);

        Assert.Equal([first, second, third, last], await DrainAsync());
    }

    [Fact]
    public async Task Items_of_one_position_come_in_the_order_in_which_they_became_due()
    {
        var (first, second, third) = (await AddAsync(), await AddAsync(), await AddAsync());
        Assert.Equal([first, second, third], await DrainAsync());
    }

    [Fact]
    public async Task An_item_is_not_leased_before_it_is_due_unless_it_is_woken()
    {
        var reference = await AddAsync(due: Later);
        Assert.Empty(await ClaimAsync());

        Assert.True(await _ledger.ChangeAsync("test", reference, new WorkChange(TimeProvider.System.GetUtcNow().AddSeconds(-1)), None));

        Assert.Equal(reference, Assert.Single(await ClaimAsync()).Reference);
    }

    [Fact]
    public async Task An_item_becomes_due_by_itself()
    {
        var reference = await AddAsync(due: Later);
        await PassAsync();
        Assert.Equal(reference, Assert.Single(await ClaimAsync()).Reference);
    }

    [Fact]
    public async Task A_change_of_priority_and_position_reorders_what_waits()
    {
        var (first, second, third) = (await AddAsync(position: 1), await AddAsync(position: 2), await AddAsync(position: 3));
        await _ledger.ChangeAsync("test", third, new WorkChange(Priority: WorkPriority.High), None);
        await _ledger.ChangeAsync("test", second, new WorkChange(Position: 0), None);

        Assert.Equal([third, second, first], await DrainAsync());
        Assert.False(await _ledger.ChangeAsync("test", Guid.NewGuid(), new WorkChange(Position: 0), None));
    }

    [Fact]
    public async Task A_failed_attempt_is_counted_and_one_that_is_given_back_is_not()
    {
        await AddAsync();
        await _ledger.EndAsync(Assert.Single(await ClaimAsync()), TimeSpan.Zero, isFailure: true, None);
        var second = Assert.Single(await ClaimAsync());
        Assert.Equal((1, 2L), (second.Attempts, second.Lease.Epoch));

        await _ledger.EndAsync(second, TimeSpan.Zero, isFailure: false, None);
        Assert.Equal((1, 3L), Assert.Single(await ClaimAsync()) is var third ? (third.Attempts, third.Lease.Epoch) : default);
    }

    [Fact]
    public async Task An_item_that_failed_waits_for_its_pause()
    {
        await AddAsync();
        await _ledger.EndAsync(Assert.Single(await ClaimAsync()), Long, isFailure: true, None);
        Assert.Empty(await ClaimAsync());
        await PassAsync();
        Assert.Equal(1, Assert.Single(await ClaimAsync()).Attempts);
    }

    [Fact]
    public async Task After_a_lost_lease_the_former_worker_records_nothing()
    {
        await AddAsync();
        var former = Assert.Single(await ClaimAsync());
        await PassAsync();

        var current = Assert.Single(await ClaimAsync());

        Assert.Equal((former.Id, 2L, 1), (current.Id, current.Lease.Epoch, current.Attempts));
        Assert.False(await HoldsAsync(former));
        Assert.False(await EndAsync(former));
        using var lease = Lease(former);
        Assert.Empty(await _ledger.RenewAsync([lease], None));
        Assert.True(await HoldsAsync(current));
        Assert.True(await EndAsync(current));
    }

    [Fact]
    public async Task A_renewed_lease_lasts_from_then_on()
    {
        await AddAsync();
        var item = Assert.Single(await ClaimAsync());
        await fixture.AskAsync<int>("update work set due_at = now() + interval '1 second'");

        using var lease = Lease(item);
        Assert.Equal([new(item.Id, true)], await _ledger.RenewAsync([lease], None));

        Assert.True(await fixture.AskAsync<bool>("select due_at > now() + interval '9 minutes' from work"));
    }

    [Fact]
    public async Task A_lease_whose_item_is_locked_is_held_and_renewed_later()
    {
        await AddAsync();
        var item = Assert.Single(await ClaimAsync());
        using var lease = Lease(item);

        await using (var other = await fixture.OpenAsync())
        {
            await using var held = await other.BeginTransactionAsync();
            await other.ExecuteAsync("select from work for update");
            Assert.Equal([new(item.Id, false)], await _ledger.RenewAsync([lease], None));
        }

        Assert.Equal([new(item.Id, true)], await _ledger.RenewAsync([lease], None));
    }

    [Fact]
    public async Task A_withdrawn_item_is_lost_to_its_worker()
    {
        var (worked, waiting) = (await AddAsync(position: 1), await AddAsync(position: 2));
        var item = Assert.Single(await ClaimAsync(1));

        var removed = await _ledger.WithdrawAsync("test", [worked, waiting, Guid.NewGuid()], None);

        Assert.Equal(new[] { worked, waiting }.Order(), removed.Order());

        Assert.False(await EndAsync(item, TimeSpan.Zero));
        Assert.Equal(0, await RowsAsync());
    }

    [Fact]
    public async Task What_a_fenced_incarnation_had_leased_is_taken_back_without_a_failed_attempt()
    {
        await AddAsync();
        var former = Assert.Single(await ClaimAsync());

        var next = fixture.OpenWork(await BeginAsync());
        Assert.Equal(1, await next.ReleaseAsync(null, None));

        Assert.False(await EndAsync(former));
        Assert.Empty(await ClaimAsync());
        var item = Assert.Single(await next.ClaimAsync([new WorkWanted("test", Long, 10)], None));
        Assert.Equal((0, 2L), (item.Attempts, item.Lease.Epoch));
        Assert.Equal(0, await next.ReleaseAsync(null, None));
    }

    [Fact]
    public async Task What_it_holds_without_working_on_it_is_taken_back_without_a_failed_attempt()
    {
        await AddAsync();
        await AddAsync();
        var held = await ClaimAsync(2);
        Assert.Equal(0, await _ledger.ReleaseAsync(null, None));

        Assert.Equal(1, await _ledger.ReleaseAsync([held[0].Id], None));

        var again = Assert.Single(await ClaimAsync(2));
        Assert.Equal((held[1].Id, 0, 2L), (again.Id, again.Attempts, again.Lease.Epoch));
        Assert.True(await EndAsync(held[0]));
        Assert.False(await EndAsync(held[1]));
    }

    [Fact]
    public async Task Only_the_kinds_that_are_asked_for_are_leased_each_up_to_its_limit()
    {
        for (var i = 0; i < 3; i++)
        {
            await AddAsync(kind: "a");
            await AddAsync(kind: "b");
            await AddAsync(kind: "c");
        }

        var items = await _ledger.ClaimAsync(
            [new WorkWanted("a", Long, 2), new WorkWanted("b", Long, 1), new WorkWanted("c", Long, 0)], None);

        Assert.Equal(["a", "a", "b"], items.Select(item => item.Kind).Order());
    }

    [Fact]
    public async Task Counts_say_what_each_kind_has_to_do()
    {
        await AddAsync();
        await AddAsync();
        await AddAsync(due: Later);
        await ClaimAsync(1);

        var count = Assert.Single(await _ledger.CountAsync(None));

        Assert.Equal(("test", 1L, 1L, 1L), (count.Kind, count.Due, count.Waiting, count.Running));
        Assert.True(count.Oldest > TimeSpan.Zero);
    }

    private async Task<Incarnation> BeginAsync()
    {
        var incarnation = new Incarnation();
        await fixture.Open(incarnation).BeginIncarnationAsync(
            TestNode.Begun(new Guid("6a5f1c0e-0001-4000-8000-000000000001"), "boot-1", Durability.Committed), None);
        return incarnation;
    }

    private async Task<Guid> AddAsync(
        string kind = "test", WorkPriority priority = WorkPriority.Normal, long position = 0, DateTimeOffset? due = null)
    {
        var reference = Guid.NewGuid();
        await _ledger.AddAsync(
            [new NewWork(kind, reference) { Priority = priority, Position = position, DueAt = due }], None);
        return reference;
    }

    private Task<IReadOnlyList<WorkItem>> ClaimAsync(int limit = 10) =>
        _ledger.ClaimAsync([new WorkWanted("test", Long, limit)], None);

    private Task<bool> EndAsync(WorkItem item, TimeSpan? pause = null) => _ledger.EndAsync(item, pause, isFailure: true, None);

    private static WorkLease Lease(WorkItem item) => new(item, Long, 0, TimeProvider.System, None);

    /// <summary>The items in the order in which they are leased.</summary>
    private async Task<List<Guid>> DrainAsync()
    {
        var order = new List<Guid>();
        while (await ClaimAsync(1) is [var item])
            order.Add(item.Reference);
        return order;
    }

    /// <summary>Lets the time pass for which anything waits.</summary>
    private Task<int> PassAsync() => fixture.AskAsync<int>("update work set due_at = now() - interval '1 second' where state <> 'ready'");

    private Task<bool> HoldsAsync(WorkItem item) => fixture.AskAsync<bool>(
        "select hold_work((select max(id) from incarnations), @Id, @Epoch)", new { item.Id, item.Lease.Epoch });

    private Task<int> RowsAsync() => fixture.AskAsync<int>("select count(*) from work");
}

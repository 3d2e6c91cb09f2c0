using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Uploads;

public sealed class IncarnationStartTests(LedgerFixture fixture) : IClassFixture<LedgerFixture>, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    public Task InitializeAsync() => fixture.EmptyAsync();

    public Task DisposeAsync() => fixture.CloseAsync();

    [Fact]
    public async Task A_start_begins_an_incarnation_on_its_volume_and_a_stop_ends_it()
    {
        using var folder = new TempFolder();
        using var data = new DataDirectory(new DataOptions { Directory = folder.Path }, TimeProvider.System);
        await data.StartAsync(None);
        using var disk = DiskStoreRig.Open();
        var lives = new[] { new Incarnation(), new Incarnation() };
        var steps = lives.Select(incarnation => Step(fixture.Open(incarnation), disk, data, incarnation)).ToList();

        await steps[0].StartAsync(None);
        await steps[1].StartAsync(None);
        await steps[1].StopAsync(None);

        Assert.NotEqual(lives[0].Id, lives[1].Id);
        var boot = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id")).Trim();
        Assert.Equal(2, await fixture.AskAsync<int>(
            "select count(*) from incarnations where store = @Store and boot_id = @Boot and durability = 'relaxed'",
                new { Store = data.StoreId, Boot = boot }));
        Assert.True(await fixture.AskAsync<bool>(
            "select fenced_at is not null and ended_at is null from incarnations where id = @Id", new { lives[0].Id }));
        Assert.True(await fixture.AskAsync<bool>(
            "select fenced_at is null and ended_at is not null from incarnations where id = @Id", new { lives[1].Id }));
    }

    [Theory]
    [InlineData(Durability.Relaxed, false, 1, true)]
    [InlineData(Durability.Relaxed, true, 1, false)]
    [InlineData(Durability.Committed, false, 0, true)]
    public async Task A_relaxed_incarnation_has_stopped_in_order_only_when_all_it_wrote_is_on_the_disk(
        Durability durability, bool fails, int syncs, bool ended)
    {
        using var folder = new TempFolder();
        using var data = new DataDirectory(new DataOptions { Directory = folder.Path }, TimeProvider.System);
        await data.StartAsync(None);
        using var disk = DiskStoreRig.Open();
        var incarnation = new Incarnation();
        var step = Step(fixture.Open(incarnation), disk, data, incarnation, durability);
        await step.StartAsync(None);
        if (fails)
            disk.Calls.Fail(nameof(ISyscalls.Syncfs), Errno.InputOutput);

        await step.StopAsync(None);

        Assert.Equal(syncs, disk.Calls.Count(nameof(ISyscalls.Syncfs)));
        Assert.Equal(
            ended, await fixture.AskAsync<bool>("select ended_at is not null from incarnations where id = @Id", new { incarnation.Id }));
    }

    [Fact]
    public async Task The_clock_counts_what_the_monotonic_clock_says_and_not_the_wall()
    {
        var incarnation = new Incarnation();
        var ledger = fixture.Open(incarnation);
        await ledger.BeginIncarnationAsync(TestNode.Begun(Guid.NewGuid(), "boot", Durability.Committed), None);
        var created = await ledger.CreateAsync(
            new NewUpload(UploadId.New(), Caller.Operator, UploadProtocol.Session, "f", "t", new Dictionary<string, string>(), null, null,
                TimeSpan.FromHours(1), null, null),
            None);
        var time = new ManualTime();
        using var ticker = Ticker(ledger, incarnation, time);
        await ticker.StartAsync(None);

        await time.WaitForTimerAsync(ServiceClockTicker.Interval);
        time.Jump(TimeSpan.FromDays(3));
        for (var beat = 1; beat <= 3; beat++)
        {
            // A second has passed for the database, too.
            await fixture.AskAsync<int>("update service_clock set added_at = added_at - interval '1 second' returning 0");
            time.Advance(ServiceClockTicker.Interval);
            await Eventually.HoldsAsync(async () => await fixture.AskAsync<double>("select seconds from service_clock") >= beat);
        }

        await ticker.StopAsync(None);
        Assert.Equal(TimeSpan.FromSeconds(3), (await ledger.GetAsync(created.Value!.Upload.Id, None))!.IdleFor);
        Assert.Empty(await ledger.PurgeAsync(10, null, None));
    }

    [Fact]
    public async Task The_clock_continues_after_any_failed_beat()
    {
        var incarnation = new Incarnation();
        var hooks = new EngineHooks();
        var ledger = HookedProxy.Wrap<IIncarnationLedger>(fixture.Open(incarnation), hooks);
        await ledger.BeginIncarnationAsync(TestNode.Begun(Guid.NewGuid(), "boot", Durability.Committed), None);
        hooks.Fail(nameof(IIncarnationLedger.BeatAsync), () => new ArgumentOutOfRangeException(null, "nobody expects this"));
        var time = new ManualTime();
        using var ticker = Ticker(ledger, incarnation, time);
        await ticker.StartAsync(None);

        await time.WaitForTimerAsync(ServiceClockTicker.Interval);
        for (var beat = 1; beat <= 2; beat++)
        {
            time.Advance(ServiceClockTicker.Interval);
            await hooks.WhenSeenAsync(nameof(IIncarnationLedger.BeatAsync), beat);
        }

        await Eventually.HoldsAsync(async () => await fixture.AskAsync<double>("select seconds from service_clock") >= 1);
        await ticker.StopAsync(None);
    }

    [Fact]
    public async Task A_beat_that_is_refused_shows_that_another_incarnation_has_taken_over()
    {
        var incarnation = new Incarnation();
        var ledger = fixture.Open(incarnation);
        await ledger.BeginIncarnationAsync(TestNode.Begun(Guid.NewGuid(), "boot", Durability.Committed), None);
        await fixture.AskAsync<int>("update heartbeats set beat_at = beat_at - interval '1 minute' returning 0");
        await fixture.Open(new Incarnation()).BeginIncarnationAsync(TestNode.Begun(Guid.NewGuid(), "boot", Durability.Committed), None);
        var time = new ManualTime();
        using var ticker = Ticker(ledger, incarnation, time);
        await ticker.StartAsync(None);

        await time.WaitForTimerAsync(ServiceClockTicker.Interval);
        Assert.False(incarnation.IsFenced);
        time.Advance(ServiceClockTicker.Interval);
        await Eventually.HoldsAsync(() => incarnation.IsFenced);
        await ticker.StopAsync(None);
        Assert.Equal(0, await fixture.AskAsync<double>("select seconds from service_clock"));
    }

    [Fact]
    public async Task What_is_recorded_is_flushed_before_the_end_is_recorded()
    {
        using var folder = new TempFolder();
        using var data = new DataDirectory(new DataOptions { Directory = folder.Path }, TimeProvider.System);
        await data.StartAsync(None);
        using var disk = DiskStoreRig.Open();
        var incarnation = new Incarnation();
        var hooks = new EngineHooks();
        var step = Step(HookedProxy.Wrap<IIncarnationLedger>(fixture.Open(incarnation), hooks), disk, data, incarnation);
        await step.StartAsync(None);
        var drained = hooks.HoldAfter(nameof(IIncarnationLedger.DrainAsync));
        var flushed = hooks.HoldBefore(nameof(IIncarnationLedger.EndIncarnationAsync));

        var stopping = step.StopAsync(None);

        await drained.Reached;
        Assert.Equal(0, disk.Calls.Count(nameof(ISyscalls.Syncfs)));
        drained.Open();
        await flushed.Reached;
        Assert.Equal(1, disk.Calls.Count(nameof(ISyscalls.Syncfs)));
        flushed.Open();
        await stopping;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_service_of_another_store_that_has_begun_meanwhile_is_awaited_and_refuses_the_start_if_it_runs(bool runs)
    {
        using var folder = new TempFolder();
        using var data = new DataDirectory(new DataOptions { Directory = folder.Path }, TimeProvider.System);
        await data.StartAsync(None);
        using var disk = DiskStoreRig.Open();
        var (other, incarnation) = (new Incarnation(), new Incarnation());
        var otherLedger = fixture.Open(other);
        await otherLedger.BeginIncarnationAsync(TestNode.Begun(Guid.NewGuid(), "boot", Durability.Committed), None);
        var hooks = new EngineHooks();
        var asked = hooks.HoldAfter(nameof(IIncarnationLedger.BeginIncarnationAsync));

        var ledger = HookedProxy.Wrap<IIncarnationLedger>(fixture.Open(incarnation), hooks);
        var starting = Step(ledger, disk, data, incarnation).StartAsync(None);
        await asked.Reached;
        asked.Open();
        if (runs)
        {
            while (!starting.IsCompleted)
            {
                await otherLedger.BeatAsync(TimeSpan.FromSeconds(1), None);
                await Task.Delay(50);
            }

            var refused = await Assert.ThrowsAsync<StartRefusedException>(() => starting);
            Assert.StartsWith($"The service on host {Environment.MachineName} uses this ledger", refused.Message, StringComparison.Ordinal);
        }
        else
        {
            await fixture.AskAsync<int>("update heartbeats set beat_at = beat_at - interval '1 minute' returning 0");
            await starting;
            Assert.True(incarnation.Id > other.Id);
        }
    }

    [Fact]
    public async Task A_copy_of_a_data_directory_does_not_start_while_the_original_runs_and_the_original_starts_at_once_after_a_crash()
    {
        using var folder = new TempFolder();
        using var disk = DiskStoreRig.Open();
        var options = new DataOptions { Directory = Path.Combine(folder.Path, "data") };
        var (earlier, first) = (new Incarnation(), new Incarnation());
        using (var crashed = new DataDirectory(options, TimeProvider.System))
        {
            crashed.Open();
            await Step(fixture.Open(earlier), disk, crashed, earlier).StartAsync(None);
        }

        using var data = new DataDirectory(options, TimeProvider.System);
        data.Open();
        var ledger = fixture.Open(first);
        await Step(ledger, disk, data, first).StartAsync(None);
        var copied = new DataOptions { Directory = Path.Combine(folder.Path, "copy") };
        Directory.CreateDirectory(copied.Directory);
        Paths.Copy(
            new FileInfo(Path.Combine(options.Directory, StoreMarker.FileName)), Path.Combine(copied.Directory, StoreMarker.FileName));
        using var copy = new DataDirectory(copied, TimeProvider.System);
        copy.Open();
        var second = new Incarnation();
        var starting = Step(fixture.Open(second), disk, copy, second).StartAsync(None);
        while (!starting.IsCompleted)
        {
            await ledger.BeatAsync(TimeSpan.FromSeconds(1), None);
            await Task.Delay(50);
        }

        Assert.Equal((data.StoreId, first.Id, 0), (copy.StoreId, data.Ended, copy.Ended));
        await Assert.ThrowsAsync<StartRefusedException>(() => starting);
        Assert.True(await ledger.BeatAsync(TimeSpan.FromSeconds(1), None));
        await fixture.AskAsync<int>("update heartbeats set beat_at = beat_at - interval '1 minute' returning 0");
        await Step(fixture.Open(second), disk, copy, second).StartAsync(None);
        Assert.Equal(second.Id, copy.Ended);
        Assert.False(await ledger.BeatAsync(TimeSpan.FromSeconds(1), None));

        // Nor does the original beside its copy.
        var third = new Incarnation();
        var returning = Step(fixture.Open(third), disk, data, third).StartAsync(None);
        while (!returning.IsCompleted)
        {
            await fixture.AskAsync<bool>("select beat(@Id, 1)", new { second.Id });
            await Task.Delay(50);
        }

        await Assert.ThrowsAsync<StartRefusedException>(() => returning);
    }

    private IncarnationStart Step(
        IIncarnationLedger ledger, DiskStoreRig disk, DataDirectory data, Incarnation incarnation,
        Durability durability = Durability.Relaxed) =>
        new(
            ledger, new LedgerUse(),
            new SoleUseCheck(fixture.Database, new LedgerUse(), TimeProvider.System, NullLogger<SoleUseCheck>.Instance), disk.DiskStore,
            data, new StorageOptions { Durability = durability }, incarnation, NullLogger<IncarnationStart>.Instance);

    private static ServiceClockTicker Ticker(IIncarnationLedger ledger, Incarnation incarnation, TimeProvider time) =>
        new(
            ledger, new WriterClaims(Options.Create(new UploadOptions()), time), incarnation, new RunningLifetime(), time,
            NullLogger<ServiceClockTicker>.Instance);
}

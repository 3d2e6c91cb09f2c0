using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Tests.Functional.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using Dapper;

namespace ChunkUpload.Tests.Functional.Advisor;

/// <summary>The advisor's memory in the database, and what the engine reports to the advisor.</summary>
public sealed class AdviceLedgerTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Steps_come_back_in_their_order_and_those_of_unknown_uploads_do_not_hinder_the_others()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 10);
        var ledger = rig.Get<IAdviceLedger>();
        await ledger.AddStepsAsync([Step(session.Id, 1), Step(UploadId.New(), 1),
            Step(session.Id, 2) with { Rate = null, DeadTime = null, Mtbf = null }], CancellationToken.None);

        var steps = await ledger.StepsAsync(session.Id, 0, 10, CancellationToken.None);
        Assert.Equal([Step(session.Id, 1) with { Number = 0 },
            Step(session.Id, 2) with { Number = 0, Rate = null, DeadTime = null, Mtbf = null }], steps.Select(listed => listed.Step));
        Assert.Equal(steps[1], Assert.Single(await ledger.StepsAsync(session.Id, steps[0].Number, 10, CancellationToken.None)));
        Assert.Equal(steps[0], Assert.Single(await ledger.StepsAsync(session.Id, 0, 1, CancellationToken.None)));
    }

    [Fact]
    public async Task A_network_is_one_row_that_never_falls_back()
    {
        var rig = await StartAsync();
        var ledger = rig.Get<IAdviceLedger>();
        var old = Network("192.0.2.0/24") with { SeenAt = At.AddHours(-1), Uploaded = 5 };
        var newer = Network("192.0.2.0/24") with
        {
            Figures =
            new NetworkFigures { FastBytes = 1e6, FastSeconds = 1, SlowBytes = 1.5, SlowSeconds = 2, LargestOk = 77, FailureShare = 0.5f }
        };
        await ledger.SaveNetworksAsync([newer, Network("198.51.100.0/24")], CancellationToken.None);
        await ledger.SaveNetworksAsync([old], CancellationToken.None);
        await ledger.SaveNetworksAsync([newer], CancellationToken.None);

        var networks = await ledger.NetworksAsync("default", null, 10, CancellationToken.None);
        Assert.Equal(["198.51.100.0/24", "192.0.2.0/24"], networks.Select(listed => listed.Network.Key.Network));
        Assert.Equal(newer, networks[1].Network);
        Assert.Equal(networks[1], Assert.Single(await ledger.NetworksAsync("default", networks[0].Number, 10, CancellationToken.None)));
        Assert.Empty(await ledger.NetworksAsync("another", null, 10, CancellationToken.None));
    }

    [Fact]
    public async Task Figures_of_another_version_are_ignored()
    {
        var rig = await StartAsync();
        var ledger = rig.Get<IAdviceLedger>();
        await ledger.SaveNetworksAsync([Network("192.0.2.0/24") with { Figures = new NetworkFigures { Gap = 1 } }], CancellationToken.None);
        await using (var connection = await rig.ConnectAsync())
            await connection.ExecuteAsync("update client_networks set figures = '{1,2,3}', seen_at = now()");

        Assert.Equal(default, Assert.Single(await ledger.RecentNetworksAsync(TimeSpan.FromDays(1), 10, CancellationToken.None)).Figures);
    }

    [Fact]
    public async Task Advice_older_than_the_history_is_trimmed_with_it()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 10);
        var ledger = rig.Get<IAdviceLedger>();
        await ledger.AddStepsAsync([Step(session.Id, 1), Step(session.Id, 2)], CancellationToken.None);
        await ledger.SaveNetworksAsync([Network("192.0.2.0/24"), Network("198.51.100.0/24")], CancellationToken.None);
        await using (var connection = await rig.ConnectAsync())
        {
            await connection.ExecuteAsync(
                "update advice_steps set at = now() - interval '31 days' where id = (select min(id) from advice_steps)");
            await connection.ExecuteAsync("update advice_steps set at = now() where at < '2026-01-02'");
            await connection.ExecuteAsync(
                "update client_networks set seen_at = case network when '192.0.2.0/24' then now() - interval '31 days' else now() end");
        }

        while (await rig.Ledger.TrimHistoryAsync(TimeSpan.FromDays(30), 100, CancellationToken.None) > 0)
        {
        }

        Assert.Single(await ledger.StepsAsync(session.Id, 0, 10, CancellationToken.None));
        Assert.Equal(
            "198.51.100.0/24", Assert.Single(await ledger.NetworksAsync("default", null, 10, CancellationToken.None)).Network.Key.Network);
    }

    [Fact]
    public async Task The_engine_tells_the_advisor_of_successes_breaks_and_wrong_bytes()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 300_000);
        await session.MustPutAsync(0, 100_000);
        Assert.Equal((1, 0.0, 0.0), Seen());

        await session.BreakAsync(100_000, 100_000, 50_000);
        Assert.Equal((1, 1.0, 0.0), Seen());
        await session.MustPutAsync(100_000, 100_000, 50_000);
        Assert.Equal((2, 1.0, 0.0), Seen());

        var wrong = session.Request(200_000, 100_000) with { Sha256 = session.DigestOf(0, 1) };
        Assert.False((await session.SendAsync(wrong, TestBody.Of(session.Part(200_000, 100_000).Span))).Ok);
        Assert.Equal((2, 1.0, 1.0), Seen());
        Assert.Equal(0, rig.Get<NetworkBook>().OpenBodies);

        (int Commits, double Drops, double Corrupt) Seen()
        {
            var link = rig.Get<NetworkBook>().Find(session.Id)!;
            _ = link.Decide(new AdaptivePolicy(new AdviceLimits()), new AdviceQuestion(), null, out var figures);
            return (figures.Commits, figures.Drops, figures.Corrupt);
        }
    }

    private static AdviceStep Step(UploadId upload, int number) =>
        new(upload, number, At.AddSeconds(number), 1 << 20, 4, "failure-rate", 1e6, 0.2, 66.7, 3, 1, 5_000_000);

    private static KnownNetwork Network(string network) =>
        new(new NetworkKey("default", "operator", network), At.AddDays(-1), At, 10, 20, 3, default);
}

using System.Diagnostics;
using System.Globalization;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>
/// Files from an owner to two members, each in a network namespace of its own. tools/StraightLab/straight makes these, and runs the tests
/// in that of the service.
/// </summary>
[Trait("Runs", "release")]
public sealed partial class StraightLabTests(StraightLabNetwork lab) : IClassFixture<StraightLabNetwork>
{
    private const int Rounds = 3;
    private const double Least = 0.8;
    private const long Rate = 64L << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    [StraightLabFact]
    public async Task A_large_file_comes_straight_at_four_fifths_of_the_speed_of_plain_TLS_and_also_by_the_relay()
    {
        await lab.ServeAsync();
        var (plain, straight) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            plain.Add(await PlainAsync());
            straight.Add(await TimedAsync(lab.Rig.Get("film.bin"), "straight"));
        }

        var relay = await TimedAsync(lab.Rig.Get("film.bin", "--relay"), "relay");
        var figure = straight.Max() / plain.Max();
        lab.Say(
            $"{StraightLabNetwork.Size >> 20} MiB, beside plain TLS",
            $"plain {Shown(plain)} MB/s, straight {Shown(straight)} MB/s: {figure:0.00}; by the relay {relay / 1e6:0} MB/s");
        Assert.True(figure >= Least, $"{figure:0.00} of plain TLS.");
    }

    [StraightLabFact]
    public async Task A_link_that_breaks_ten_times_costs_at_most_a_twentieth_of_the_bytes()
    {
        await lab.ServeAsync(Rate);
        var before = lab.Received();
        var get = lab.Rig.Get("film.bin");
        for (var i = 1; i <= 10; i++)
        {
            await lab.UntilReceivedAsync(before + (i * StraightLabNetwork.Size / 12), get);
            StraightLabNetwork.SetLink(isUp: false);
            await Task.Delay(TimeSpan.FromSeconds(2));
            StraightLabNetwork.SetLink(isUp: true);
        }

        await FilmAsync(get, "straight");
        var came = lab.Received() - before;
        lab.Say("a link that breaks ten times", $"{100.0 * (came - StraightLabNetwork.Size) / StraightLabNetwork.Size:0.0} % more bytes");
        Assert.InRange(came, StraightLabNetwork.Size, StraightLabNetwork.Size * 1.05);
    }

    [StraightLabFact]
    public async Task Two_members_get_one_file_at_once()
    {
        await lab.ServeAsync(Rate);
        var get = lab.Rig.Get("clip.bin");
        var other = lab.Other.Cu(
            lab.OtherService, lab.OtherKey, "project", "get", lab.Rig.Name, "/line-14/clip.bin", "-o", "in/", "--json");
        foreach (var (one, machine) in new[] { (get, lab.Rig.Member), (other, lab.Other) })
        {
            var done = await ClipAsync(one, machine);
            Assert.Equal("straight", done.GetProperty("way").GetString());
        }

        lab.Say("two members at once", $"both straight");
    }

    [StraightLabFact]
    public async Task Many_small_files_come_straight_and_by_the_relay()
    {
        await lab.ServeAsync();
        foreach (var way in (string[])["straight", "relay"])
        {
            var began = Stopwatch.GetTimestamp();
            var (code, done, errors) = await StraightRig.EndAsync(
                lab.Rig.Member.Cu(
                    lab.Rig.MemberService, lab.Rig.MemberKey,
                    ["project", "get", lab.Rig.Name, "/line-14/small/", "-o", way, "--json", .. Options(way)]),
                Patience);
            var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
            Assert.True(code == 0, errors);
            Assert.Equal(StraightLabNetwork.SmallFiles, done.GetProperty("moved").GetInt32());
            for (var number = 0; number < StraightLabNetwork.SmallFiles; number++)
            {
                Assert.Equal(
                    ClientRig.Bytes(4 << 10, number), await File.ReadAllBytesAsync(lab.Rig.Member.At($"{way}/{number:d5}.bin")));
            }

            lab.Say(
                $"{StraightLabNetwork.SmallFiles} files of 4 KiB, {way}",
                $"{took:0} s, {StraightLabNetwork.SmallFiles / took:0} a second");
        }
    }

    /// <summary>Returns the bytes a second of plain TLS from disk to disk.</summary>
    private async Task<double> PlainAsync()
    {
        var target = lab.Rig.Member.At("plain.bin");
        using var serve = Process.Start(StraightLabNetwork.LabProgram(
            true, "serve", $"{StraightLabNetwork.OwnerAddress}:9443", lab.Rig.Owner.Machine.At("photos/film.bin")))!;
        Assert.Equal("ready", await serve.StandardOutput.ReadLineAsync());
        var fetch = Process.Start(StraightLabNetwork.LabProgram(
            false, "fetch", $"{StraightLabNetwork.OwnerAddress}:9443", target))!;
        var rate = await MeasureAsync(async () =>
        {
            await fetch.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(0, fetch.ExitCode);
        });
        await serve.WaitForExitAsync();
        Assert.Equal(StraightLabNetwork.Size, new FileInfo(target).Length);
        File.Delete(target);
        return rate;
    }

    private Task<double> TimedAsync(Process get, string way) => MeasureAsync(() => FilmAsync(get, way));

    /// <summary>Returns the bytes a second at which most of a file came, without the time before and after.</summary>
    private async Task<double> MeasureAsync(Func<Task> end)
    {
        var (began, samples) = (TimeProvider.System.GetTimestamp(), new List<(TimeSpan At, long Bytes)>());
        var before = lab.Received();
        using var stop = new CancellationTokenSource();
        var sampling = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                samples.Add((TimeProvider.System.GetElapsedTime(began), lab.Received() - before));
                await Task.Delay(10);
            }
        });
        await end();
        await stop.CancelAsync();
        await sampling;
        var first = samples.First(sample => sample.Bytes > StraightLabNetwork.Size / 50);
        var last = samples.First(sample => sample.Bytes > StraightLabNetwork.Size * 0.98);
        return (last.Bytes - first.Bytes) / (last.At - first.At).TotalSeconds;
    }

    private async Task FilmAsync(Process get, string way)
    {
        var (code, done, errors) = await StraightRig.EndAsync(get, Patience);
        Assert.True(code == 0, errors);
        Assert.Equal(way, done.GetProperty("way").GetString());
        Assert.Equal(lab.Digest, done.GetProperty("sha256").GetString());
        File.Delete(lab.Rig.Received("film.bin"));
    }

    private static string[] Options(string way) => way == "relay" ? ["--relay"] : [];

    private static string Shown(IEnumerable<double> rates) =>
        string.Join(", ", rates.Select(rate => (rate / 1e6).ToString("0", CultureInfo.InvariantCulture)));
}

/// <summary>A test in the network namespaces that tools/StraightLab/straight makes.</summary>
internal sealed class StraightLabFactAttribute : FactAttribute
{
    public const string Variable = "CHUNKUPLOAD_STRAIGHT_LAB";

    public StraightLabFactAttribute()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
            Skip = "runs by tools/StraightLab/straight";
    }
}

using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using ChunkUpload.Tests.Support;
using Xunit.Abstractions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>
/// Straight transfers between two machines in network namespaces of their own. tools/StraightLab/straight makes these, and runs the tests
/// in that of the service.
/// </summary>
[Trait("Runs", "release")]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class StraightLabTests(PostgresFixture postgres, ITestOutputHelper output)
    : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Link = "straight";
    private const string OwnerAddress = "10.77.3.1";
    private const int Rounds = 3;
    private const double Least = 0.8;
    private const long Size = 1L << 30;
    private const long Rate = 64L << 20;

    private static readonly string[] Spaces = Environment.GetEnvironmentVariable(StraightLabFactAttribute.Variable)?.Split(' ') ?? [];

    private TestService _service = null!;
    private BackProxy _toOwner = null!;
    private BackProxy _toMember = null!;
    private StraightRig _rig = null!;
    private Process _there = null!;
    private string _digest = "";

    public async Task InitializeAsync()
    {
        if (Spaces.Length == 0)
            return;
        // Its view of the network is that of the member.
        _there = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", Spaces[1], "sleep", "3600"]))!;
        _service = await TestService.StartAsync(postgres);
        _toOwner = new BackProxy(_service.Address.Port, IPAddress.Parse("10.77.1.1"));
        _toMember = new BackProxy(_service.Address.Port, IPAddress.Parse("10.77.2.1"));
        _rig = await StraightRig.StartAsync(
            _service,
            lab: new StraightLab(Spaces[0], new Uri($"http://{_toOwner.Address}"), Spaces[1], new Uri($"http://{_toMember.Address}")));
        await using var file = File.Create(_rig.Owner.Machine.At("photos/film.bin"));
        var random = new Random(1);
        var block = new byte[1 << 20];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; at < Size; at += block.Length)
        {
            random.NextBytes(block);
            hash.AppendData(block);
            await file.WriteAsync(block);
        }

        _digest = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public async Task DisposeAsync()
    {
        if (Spaces.Length == 0)
            return;
        _there.Kill();
        _there.Dispose();
        await _rig.DisposeAsync();
        await _toOwner.DisposeAsync();
        await _toMember.DisposeAsync();
        await _service.DisposeAsync();
    }

    [StraightLabFact]
    public async Task A_gibibyte_comes_straight_at_four_fifths_of_the_speed_of_plain_TLS_and_also_by_the_relay()
    {
        await _rig.ServeAsync();
        var (plain, straight) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            plain.Add(await PlainAsync());
            straight.Add(await TimedAsync(_rig.Get("film.bin"), "straight"));
        }

        var relay = await TimedAsync(_rig.Get("film.bin", "--relay"), "relay");
        var figure = straight.Max() / plain.Max();
        Say($"plain TLS {Shown(plain)} MB/s, straight {Shown(straight)} MB/s: {figure:0.00}; by the relay {relay / 1e6:0} MB/s");
        Assert.True(figure >= Least, $"{figure:0.00} of plain TLS.");
    }

    [StraightLabFact]
    public async Task A_link_that_breaks_ten_times_costs_at_most_a_twentieth_of_the_bytes()
    {
        await _rig.ServeAsync(Rate);
        var before = Received();
        var get = _rig.Get("film.bin");
        for (var i = 1; i <= 10; i++)
        {
            await UntilReceivedAsync(before + (i * Size / 12), get);
            Run("ip", "-n", Spaces[0], "link", "set", Link, "down");
            await Task.Delay(TimeSpan.FromSeconds(2));
            Run("ip", "-n", Spaces[0], "link", "set", Link, "up");
        }

        await EndAsync(get, "straight");
        var came = Received() - before;
        Say($"ten breaks: {came / 1e6:0} MB for {Size / 1e6:0} MB");
        Assert.InRange(came, Size, Size * 1.05);
    }

    [StraightLabFact]
    public async Task The_agent_of_the_owner_is_killed_and_comes_back()
    {
        await _rig.ServeAsync(Rate);
        var before = Received();
        var get = _rig.Get("film.bin");
        await UntilReceivedAsync(before + (Size / 3), get);
        await _rig.Owner.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(3));
        await _rig.StartAgentAsync();
        await EndAsync(get, "straight");
    }

    /// <summary>Returns the bytes a second of plain TLS from disk to disk.</summary>
    private async Task<double> PlainAsync()
    {
        var target = _rig.Member.At("plain.bin");
        string[] program =
        [
            "exec", "--runtimeconfig", ClientRig.Beside("ChunkUpload.Tests.runtimeconfig.json"), "--depsfile",
            ClientRig.Beside("ChunkUpload.Tests.deps.json"), ClientRig.Beside("StraightLab.dll"),
        ];
        using var serve = Process.Start(ClientRig.StartIn(
            Spaces[0], [.. program, "serve", $"{OwnerAddress}:9443", _rig.Owner.Machine.At("photos/film.bin")]))!;
        Assert.Equal("ready", await serve.StandardOutput.ReadLineAsync());
        var rate = await MeasureAsync(Process.Start(ClientRig.StartIn(
            Spaces[1], [.. program, "fetch", $"{OwnerAddress}:9443", target]))!, async fetch =>
        {
            await fetch.WaitForExitAsync();
            Assert.Equal(0, fetch.ExitCode);
        });
        await serve.WaitForExitAsync();
        Assert.Equal(Size, new FileInfo(target).Length);
        File.Delete(target);
        return rate;
    }

    private Task<double> TimedAsync(Process get, string way) => MeasureAsync(get, one => EndAsync(one, way));

    /// <summary>Returns the bytes a second at which most of a file came, without the time before and after.</summary>
    private async Task<double> MeasureAsync(Process process, Func<Process, Task> end)
    {
        var (began, samples) = (TimeProvider.System.GetTimestamp(), new List<(TimeSpan At, long Bytes)>());
        var before = Received();
        using var stop = new CancellationTokenSource();
        var sampling = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                samples.Add((TimeProvider.System.GetElapsedTime(began), Received() - before));
                await Task.Delay(10);
            }
        });
        await end(process);
        await stop.CancelAsync();
        await sampling;
        var first = samples.First(sample => sample.Bytes > Size / 50);
        var last = samples.First(sample => sample.Bytes > Size * 0.98);
        return (last.Bytes - first.Bytes) / (last.At - first.At).TotalSeconds;
    }

    private async Task EndAsync(Process get, string way)
    {
        var (code, done, errors) = await StraightRig.EndAsync(get);
        Assert.True(code == 0, errors);
        Assert.Equal(way, done.GetProperty("way").GetString());
        Assert.Equal(_digest, done.GetProperty("sha256").GetString());
        File.Delete(_rig.Received("film.bin"));
    }

    private async Task UntilReceivedAsync(long bytes, Process get)
    {
        await Eventually.HoldsAsync(() => Task.FromResult(Received() >= bytes || get.HasExited));
        Assert.False(get.HasExited, "It has ended too early.");
    }

    /// <summary>Returns the bytes that all links of the member have received.</summary>
    private long Received() => File.ReadAllLines($"/proc/{_there.Id}/net/dev").Where(line => line.Contains(':'))
        .Select(line => line.Split(':')).Where(parts => parts[0].Trim() != "lo")
        .Sum(parts => long.Parse(parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture));

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static string Shown(IEnumerable<double> rates) =>
        string.Join(", ", rates.Select(rate => (rate / 1e6).ToString("0", CultureInfo.InvariantCulture)));

    private void Say(FormattableString text)
    {
        output.WriteLine(FormattableString.Invariant(text));
        Console.Error.WriteLine(FormattableString.Invariant(text));
    }
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

using System.Globalization;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Xunit.Abstractions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>
/// A folder of many files: up, one of a hundred changed, up again, down to another folder. CHUNKUPLOAD_FOLDER_FILES says how many;
/// ./tools/check --all takes 50,000.
/// </summary>
[Collection(ClientCollection.Name)]
[Trait("Runs", "release")]
public sealed class LargeFolderTests(ApiFixture fixture, ITestOutputHelper figures) : IDisposable
{
    private const int Hundredth = 100;

    private static readonly int Files = int.Parse(
        Environment.GetEnvironmentVariable("CHUNKUPLOAD_FOLDER_FILES") ?? "1000", CultureInfo.InvariantCulture);

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"large-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Comes_down_as_it_is_after_a_second_run_that_sent_what_had_changed()
    {
        var source = _rig.At("source");
        var all = FolderRig.Fill(source, Files);
        var bytes = Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        var (first, _) = await RunAsync("up", "source", "--to", _place);
        Assert.Equal(all, first);

        var changed = 0;
        for (var at = 0; at < Files; at += Hundredth, changed++)
            FolderRig.Write(source, $"d{at % 7}/s{at % 3}/f{at}.bin", 5000, Files + at);
        var (second, sent) = await RunAsync("up", "source", "--to", _place);
        Assert.Equal(changed, second);
        Assert.True(sent <= bytes / 50, $"{sent} of {bytes} bytes were sent again.");

        var (down, _) = await RunAsync("get", _place, "-o", "target");
        Assert.Equal(all, down);
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(_rig.At("target")));
    }

    private async Task<(long Moved, long Bytes)> RunAsync(params string[] arguments)
    {
        var (code, output, errors) = await _rig.RunCuAsync(_service.Address, _service.KeyFile, [.. arguments, "--json"]);
        Assert.True(code == 0, output[..Math.Min(output.Length, 4000)] + errors);
        var sum = ClientRig.Line(output.TrimEnd().Split('\n')[^1]);
        var (moved, bytes) = (sum.GetProperty("moved").GetInt64(), sum.GetProperty("movedBytes").GetInt64());
        figures.WriteLine(
            $"{string.Join(' ', arguments[..2])}: {moved} moved ({bytes} bytes), {sum.GetProperty("unchanged")} unchanged, "
            + $"{sum.GetProperty("seconds")} s");
        return (moved, bytes);
    }
}

using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ChunkUpload.Tests.Functional.Api;
using Xunit.Abstractions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>
/// cu project get of a folder with many small files. CHUNKUPLOAD_SMALL_FILES sets their number, and the figures go to the output.
/// </summary>
[Collection(ClientCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class SmallFilesTests(ApiFixture fixture, ITestOutputHelper output) : IAsyncLifetime
{
    private const int Size = 4 << 10;
    private const int UsualCount = 120;

    private static readonly TimeSpan Most = TimeSpan.FromMinutes(4);

    private StraightRig _rig = null!;

    private static int Count =>
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_SMALL_FILES"), CultureInfo.InvariantCulture, out var count)
            ? count
            : UsualCount;

    public async Task InitializeAsync() => _rig = await StraightRig.StartAsync(fixture.Service);

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Many_small_files_come_several_at_once(bool isStraight)
    {
        for (var number = 0; number < Count; number++)
            _rig.Owner.Machine.File($"photos/{number:d5}.bin", Size, number);
        await _rig.ServeAsync(listens: isStraight);
        var began = Stopwatch.GetTimestamp();
        var (code, done, errors) = await StraightRig.EndAsync(_rig.GetFolder()).WaitAsync(Most);
        var took = Stopwatch.GetElapsedTime(began);
        Assert.True(code == 0, errors);
        Assert.Equal(Count, done.GetProperty("moved").GetInt32());
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Count} files of {Size} bytes, {(isStraight ? "straight" : "relayed")}: {took.TotalSeconds:0.0} s, "
                + $"{Count / took.TotalSeconds:0.0} a second"));
        for (var number = 0; number < Count; number++)
            Assert.Equal(ClientRig.Bytes(Size, number), await File.ReadAllBytesAsync(_rig.Received($"{number:d5}.bin")));
        var ways = await _rig.WaysAsync();
        Assert.Equal(new Dictionary<string, int> { [isStraight ? "straight" : "relay"] = Count }, ways);
    }
}

using ChunkUpload.AdvisorLab;
using ChunkUpload.AdvisorLab.Traces;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.AdvisorLab;

public sealed class TraceFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_seconds_and_bits_per_second_and_the_family_from_the_name()
    {
        Write("us-lte-drive-up__one.up.txt", "1 8000000\n\n# a remark\n0.5 16000000\n");
        var trace = Assert.Single(TraceFolder.Read(_folder.Path));

        Assert.Equal(("us-lte-drive-up", true, true), (trace.Family, trace.IsCellular, trace.IsUplink));
        Assert.Equal(1.5, trace.Seconds);
        Assert.Equal(2e6 / 1.5, trace.MeanRate, 1e-6);
    }

    [Fact]
    public void The_manifest_overrides_the_name()
    {
        Write("a.txt", "1 8000");
        Write("manifest.json", """[{"file":"a.txt","family":"no-3g","direction":"up","rtt_ms":150},{"file":"gone.txt"}]""");
        var trace = Assert.Single(TraceFolder.Read(_folder.Path));

        Assert.Equal(("no-3g", 0.15, true), (trace.Family, trace.RoundTrip, trace.IsUplink));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("one 8000")]
    [InlineData("-1 8000")]
    [InlineData("0 8000")]
    [InlineData("1 -8000")]
    [InlineData("1 NaN")]
    [InlineData("1 Infinity")]
    [InlineData("")]
    [InlineData("5 0\n5 999")]
    public void Says_which_file_is_no_trace(string text)
    {
        Write("bad.txt", text);
        Assert.Contains("bad.txt", Assert.Throws<LabException>(() => TraceFolder.Read(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[{}]")]
    [InlineData("[1]")]
    [InlineData("{}")]
    public void Reports_an_invalid_manifest(string text)
    {
        Write("a.txt", "1 8000");
        Write("manifest.json", text);
        Assert.Throws<LabException>(() => TraceFolder.Read(_folder.Path));
    }

    [Fact]
    public void Reports_a_folder_without_traces()
    {
        Assert.Throws<LabException>(() => TraceFolder.Read(_folder.Path));
        Assert.Throws<LabException>(() => TraceFolder.Read(Path.Combine(_folder.Path, "none")));
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.Path, name), text);
}

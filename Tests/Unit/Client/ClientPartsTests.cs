using ChunkUpload.Cli;
using ChunkUpload.Client;
using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>The client's parts that need no service.</summary>
public sealed class ClientPartsTests
{
    [Theory]
    [InlineData(0, "0 files")]
    [InlineData(1, "1 file")]
    [InlineData(2000, "2000 files")]
    public void A_number_has_its_noun(long count, string expected) => Assert.Equal(expected, Plural.Of(count, "file"));

    [Fact]
    public void A_set_of_ranges_agrees_with_a_set_of_bytes()
    {
        var random = new Random(3);
        var (set, bytes) = (new RangeSet(), new bool[300]);
        for (var step = 0; step < 3000; step++)
        {
            var (offset, length, add) = (random.Next(280), random.Next(20), random.Next(2) == 0);
            if (add)
                set.Add(offset, length);
            else
                set.Remove(offset, length);
            Array.Fill(bytes, add, offset, length);
            Assert.Equal(bytes.Count(there => there), set.Total);
            Assert.Equal(bytes.Skip(50).Take(100).Count(there => there), set.Within(50, 100));
            Assert.Equal(300 - set.Total, set.Inverse(300).Total);
            Assert.All(set.Items.Zip(set.Items.Skip(1)), pair => Assert.True(pair.First.Offset + pair.First.Length < pair.Second.Offset));
            Assert.DoesNotContain(false, set.Items.SelectMany(range => bytes.Skip((int)range.Offset).Take((int)range.Length)));
        }
    }

    [Theory]
    [InlineData("https://files.example", "https://files.example/", false)]
    [InlineData("https://files.example/below/it?x=1#y", "https://files.example/below/it/", false)]
    [InlineData("https://files.example/l/TOKEN", "https://files.example/l/TOKEN/", true)]
    [InlineData("https://files.example/l/TOKEN/page?x", "https://files.example/l/TOKEN/", true)]
    public void An_address_is_that_of_a_service_or_a_link(string text, string address, bool isLink)
    {
        var parsed = ServiceAddress.Of(new Uri(text));
        Assert.Equal((address, isLink), (parsed.Base.AbsoluteUri, parsed.IsLink));
    }

    [Theory]
    [InlineData("2026-01-30T09:30:00Z", 0)]
    [InlineData("2026-01-30T09:30:00.25Z", 2_500_000)]
    [InlineData("2026-01-30T09:30:00.123456789Z", 1_234_567)]
    public void A_time_keeps_the_decimals_that_a_clock_here_has(string text, long ticks)
    {
        var time = new DateTime(2026, 1, 30, 9, 30, 0, DateTimeKind.Utc).AddTicks(ticks);
        Assert.Equal(time, UnixTime.Parse(text));
        Assert.Equal($"{ticks:D7}".TrimEnd('0'), UnixTime.Text(time).Split('.') is [_, var rest] ? rest : "");
    }

    [Fact]
    public void Pauses_grow_to_the_longest_and_attempts_end_where_the_rule_says()
    {
        var rule = RetryPolicy.Default.Network;
        var random = new Random(1);
        Assert.InRange(rule.PauseAfter(1, random).TotalSeconds, 0.125, 0.25);
        Assert.InRange(rule.PauseAfter(3, random).TotalSeconds, 0.5, 1);
        Assert.InRange(rule.PauseAfter(1000, random).TotalSeconds, 7.5, 15);
        var broken = TransferException.Network("x");
        Assert.Same(RetryPolicy.Default.Network, RetryPolicy.Default.For(broken, reached: true));
        Assert.Same(RetryPolicy.Default.Unreachable, RetryPolicy.Default.For(broken, reached: false));
        Assert.Null(RetryPolicy.Default.For(new TransferException(TransferFailure.Conflict, "x"), reached: true));
    }

    [Fact]
    public void Every_class_of_failures_has_an_exit_code_of_its_own()
    {
        var codes = Enum.GetValues<TransferFailure>().Select(ExitCodes.Of).ToList();
        Assert.Equal(codes.Count, codes.Distinct().Count());
        Assert.DoesNotContain(codes, code => code is ExitCodes.Done or ExitCodes.Usage or 1);
    }

    [Theory]
    [InlineData("a/b.txt", null, false, "b.txt")]
    [InlineData("a/b.txt", "c", false, "c")]
    [InlineData("a/b.txt", "c/", false, "c/b.txt")]
    [InlineData("a/b.txt", "/c/d/", false, "c/d/b.txt")]
    [InlineData("a/b.txt", "c", true, "c/b.txt")]
    public void A_target_is_a_path_or_a_folder(string source, string? to, bool several, string path) =>
        Assert.Equal(path, UpVerb.Place(source, new UploadOptions(), hasTree: true, to, several).Path);

    [Theory]
    [InlineData("../x", ".._x")]
    [InlineData("..", "_")]
    [InlineData("a\nb", "a_b")]
    [InlineData("ü.txt", "ü.txt")]
    public void A_name_of_the_service_stays_in_its_folder(string name, string local) => Assert.Equal(local, LocalName.Of(name));

    [Theory]
    [InlineData("a\u001b[2J\nb", "a?[2J?b")]
    [InlineData("fdp.\u202Eexe", "fdp.?exe")]
    [InlineData("a\u0085ü", "a?ü")]
    public void What_a_terminal_takes_for_a_command_is_masked(string text, string shown) => Assert.Equal(shown, Output.Printable(text));

    [Fact]
    public void Ranges_of_a_state_must_lie_in_the_file()
    {
        var state = new ChunkUpload.Client.State.TransferState { Kind = "up", File = "a", Remote = "b", Size = 10 };
        Assert.True((state with { Begun = [new RangeView(0, 10)] }).IsValid);
        Assert.False((state with { Begun = [new RangeView(1, 10)] }).IsValid);
        Assert.False((state with { Written = [new RangeView(long.MaxValue, 10)] }).IsValid);
        Assert.False((state with { Version = 2 }).IsValid);
    }
}

using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class RangeTests
{
    [Theory]
    [InlineData("bytes 0-0/*", 0, 0, null)]
    [InlineData("bytes 5-9/10", 5, 9, 10L)]
    [InlineData("BYTES 5-9/*", 5, 9, null)]
    [InlineData("bytes 4294967296-9223372036854775806/9223372036854775807", 4294967296, 9223372036854775806, 9223372036854775807)]
    public void Content_range_is_read(string field, long first, long last, long? total)
    {
        Assert.Equal(FieldStatus.Found, ContentRangeField.Read(field, out var range));
        Assert.Equal(new ContentRangeField(first, last, total), range);
    }

    [Theory]
    [InlineData("")]
    [InlineData("bytes")]
    [InlineData("bytes 5-9")]
    [InlineData("bytes 9-5/*")]
    [InlineData("bytes */10")]
    [InlineData("bytes 5-/10")]
    [InlineData("bytes -5/10")]
    [InlineData("bytes 5-9/9")]
    [InlineData("bytes 5-9/")]
    [InlineData("bytes=5-9/10")]
    [InlineData("bits 5-9/10")]
    [InlineData("bytes +5-9/10")]
    [InlineData("bytes 5 - 9/10")]
    [InlineData("bytes 5-9/10, bytes 11-12/20")]
    [InlineData("bytes 0-9223372036854775807/*")]
    [InlineData("bytes 0-99999999999999999999/*")]
    [InlineData("bytes 0x1-0x5/*")]
    public void Invalid_content_range_is_refused(string field) =>
        Assert.Equal(FieldStatus.Malformed, ContentRangeField.Read(field, out _));

    [Fact]
    public void Two_content_ranges_contradict_each_other() =>
        Assert.Equal(FieldStatus.Contradictory, ContentRangeField.Read(new StringValues(["bytes 0-1/*", "bytes 0-1/*"]), out _));

    [Theory]
    [InlineData("bytes=0-9", "0+10")]
    [InlineData("bytes=0-", "0+100")]
    [InlineData("bytes=90-200", "90+10")]
    [InlineData("bytes=-10", "90+10")]
    [InlineData("bytes=-1000", "0+100")]
    [InlineData("bytes=99-99", "99+1")]
    [InlineData("Bytes=0-0", "0+1")]
    [InlineData("bytes=0-0, 50-59 ,-5", "0+1 50+10 95+5")]
    [InlineData("bytes=50-59,0-0", "50+10 0+1")]
    [InlineData("bytes=0-10,5-20", "0+21")]
    [InlineData("bytes=10-19,0-9", "0+20")]
    [InlineData("bytes=0-10,200-300", "0+11")]
    [InlineData("bytes=,0-9,", "0+10")]
    [InlineData("bytes=0-99999999999999999999999", "0+100")]
    [InlineData("bytes=-99999999999999999999999", "0+100")]
    public void Range_inside_the_file_is_found(string field, string expected)
    {
        Assert.Equal(RangeReading.Some, RangeField.Read(field, 100, out var ranges));
        Assert.Equal(expected, string.Join(' ', ranges.Select(range => $"{range.Offset}+{range.Length}")));
    }

    [Theory]
    [InlineData("bytes=100-")]
    [InlineData("bytes=100-200,300-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=99999999999999999999999-")]
    public void Range_outside_the_file_cannot_be_satisfied(string field) =>
        Assert.Equal(RangeReading.Unsatisfiable, RangeField.Read(field, 100, out _));

    [Theory]
    [InlineData("bytes=0-")]
    [InlineData("bytes=-1")]
    public void An_empty_file_has_no_range(string field) => Assert.Equal(RangeReading.Unsatisfiable, RangeField.Read(field, 0, out _));

    [Theory]
    [InlineData("bytes")]
    [InlineData("bytes=")]
    [InlineData("bytes=,")]
    [InlineData("items=0-9")]
    [InlineData("bytes=9-0")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=1")]
    [InlineData("bytes=--1")]
    [InlineData("bytes=+1-2")]
    [InlineData("bytes=0-9,x")]
    public void Invalid_range_is_ignored(string field) => Assert.Equal(RangeReading.Whole, RangeField.Read(field, 100, out _));

    [Fact]
    public void More_ranges_than_allowed_are_refused()
    {
        var most = "bytes=" + string.Join(',', Enumerable.Range(0, RangeField.MaxRanges).Select(i => $"{i * 2}-{i * 2}"));
        Assert.Equal(RangeReading.Some, RangeField.Read(most, 1000, out var ranges));
        Assert.Equal(RangeField.MaxRanges, ranges.Count);
        Assert.Equal(RangeReading.TooMany, RangeField.Read(most + ",999-999", 1000, out _));
    }

    [Fact]
    public void No_byte_is_sent_twice_however_the_ranges_lie()
    {
        var random = new Random(7);
        for (var round = 0; round < 500; round++)
        {
            var asked = Enumerable.Range(0, random.Next(1, 12)).Select(_ => new ByteRange(random.Next(0, 60), random.Next(1, 20))).ToList();
            var field = "bytes=" + string.Join(',', asked.Select(range => $"{range.Offset}-{range.End - 1}"));
            if (RangeField.Read(field, 50, out var ranges) != RangeReading.Some)
                continue;
            var sent = ranges.SelectMany(range => Enumerable.Range((int)range.Offset, (int)range.Length)).ToList();
            var wanted = asked.SelectMany(range => Enumerable.Range((int)range.Offset, (int)range.Length)).Where(at => at < 50).ToHashSet();
            Assert.Equal(sent.Count, sent.Distinct().Count());
            Assert.Equal(wanted.Order(), sent.Order());
        }
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Whole_number_is_read(string text, long expected)
    {
        Assert.True(WholeNumber.TryParseCanonical(text, out var number));
        Assert.Equal(expected, number);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("00")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData(" 1")]
    [InlineData("0x10")]
    [InlineData("1\0")]
    [InlineData("1,000")]
    [InlineData("1\n")]
    [InlineData("٣")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999")]
    [InlineData("NaN")]
    public void Number_that_is_not_whole_is_refused(string text) => Assert.False(WholeNumber.TryParseCanonical(text, out _));
}

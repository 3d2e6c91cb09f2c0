using ChunkUpload.Api.Lists;

namespace ChunkUpload.Tests.Unit.Api;

public sealed class CsvTextTests
{
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("＝1+1", "'＝1+1")]
    [InlineData("＋1", "'＋1")]
    [InlineData("－1", "'－1")]
    [InlineData("＠x", "'＠x")]
    [InlineData("\n=1", "\"'\n=1\"")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("a=1", "a=1")]
    [InlineData("a,\"b\"", "\"a,\"\"b\"\"\"")]
    [InlineData("", "")]
    public void A_field_that_a_spreadsheet_would_compute_gets_a_quote(string text, string field) =>
        Assert.Equal(field + "\r\n", CsvText.Line(text));
}

using System.ComponentModel.DataAnnotations;
using ChunkUpload.Api.Tus;

namespace ChunkUpload.Tests.Unit.Tus;

public sealed class TusOptionsTests
{
    [Fact]
    public void Has_everything_on_but_unfinished_concatenation()
    {
        var options = new TusOptions();
        Assert.Empty(Faults(options));
        Assert.Equal([TusExtension.ConcatenationUnfinished], TusExtension.All.Where(name => !options.Has(name)));
    }

    [Theory]
    [InlineData("Creation")]
    [InlineData("challenge")]
    [InlineData("creation-with-upload")]
    [InlineData("checksum-trailer")]
    [InlineData("creation,concatenation-unfinished")]
    [InlineData("concatenation")]
    public void Refuses_unknown_extensions_and_those_without_what_they_need(string names) =>
        Assert.NotEmpty(Faults(new TusOptions { Extensions = names.Split(',') }));

    [Theory]
    [InlineData("")]
    [InlineData("creation")]
    [InlineData("termination,expiration")]
    [InlineData("creation,concatenation,concatenation-unfinished")]
    public void Takes_any_set_that_holds_together(string names) =>
        Assert.Empty(Faults(new TusOptions { Extensions = names.Split(',', StringSplitOptions.RemoveEmptyEntries) }));

    private static List<ValidationResult> Faults(TusOptions options) => [.. options.Validate(new ValidationContext(options))];
}

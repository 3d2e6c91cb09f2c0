using System.ComponentModel.DataAnnotations;
using ChunkUpload.Infrastructure.Database;

namespace ChunkUpload.Tests.Unit.Database;

public sealed class DatabaseOptionsTests
{
    [Fact]
    public void The_defaults_are_valid()
    {
        Assert.Empty(Errors(new DatabaseOptions()));
        Assert.Empty(Errors(new ConnectionStringOptions()));
        Assert.Empty(Errors(new ConnectionStringOptions { Ledger = "" }));
        Assert.Empty(Errors(new ConnectionStringOptions { Ledger = "Host=db;Database=chunkupload;Username=u;Password=p" }));
    }

    [Fact]
    public void Says_all_that_is_wrong_at_once()
    {
        var options = new DatabaseOptions { BinDirectory = "/nowhere", PrivateDirectory = "relative" };

        Assert.Equal(2, Errors(options).Count);
    }

    [Fact]
    public void Says_what_is_out_of_range() =>
        Assert.Contains(
            nameof(DatabaseOptions.MaxPoolSize), Assert.Single(Errors(new DatabaseOptions { MaxPoolSize = 1 })), StringComparison.Ordinal);

    [Theory]
    [InlineData("Database=x;Password=hunter2", "names no Host")]
    [InlineData("Host=db;Password=hunter2;Port=hunter2", "cannot be used")]
    [InlineData("Host=db;Hunter2=hunter2", "cannot be used")]
    [InlineData("hunter2", "cannot be used")]
    [InlineData("hunter2;;=", "cannot be used")]
    [InlineData("=hunter2", "cannot be used")]
    [InlineData("Host=db;hunter2=;;='", "cannot be used")]
    [InlineData(";;=", "cannot be used")]
    [InlineData("Host=db;Password=hunter2;Timeout=0", "Timeout is 0")]
    [InlineData("Host=db;Password=hunter2;Cancellation Timeout=0", "Cancellation Timeout is 0")]
    [InlineData("Host=a,b;Password=hunter2;Target Session Attributes=standby", "Target Session Attributes is standby")]
    public void Refuses_a_connection_string_without_repeating_what_may_be_a_password(string text, string sentence)
    {
        var error = Assert.Single(Errors(new ConnectionStringOptions { Ledger = text }));

        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.OrdinalIgnoreCase);
    }

    private static List<string> Errors(object options)
    {
        List<ValidationResult> results = [];
        _ = Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return [.. results.Select(result => result.ErrorMessage!)];
    }
}

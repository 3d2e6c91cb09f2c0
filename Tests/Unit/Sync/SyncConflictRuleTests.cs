using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Unit.Sync;

/// <summary>Which side a rule of a pair chooses.</summary>
public sealed class SyncConflictRuleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Ask", 10, 5, null)]
    [InlineData("Newer", 10, 5, "Apply")]
    [InlineData("Newer", 5, 10, "Right")]
    [InlineData("Newer", 10, 8, null)]
    [InlineData("Larger", 10, 5, "Apply")]
    [InlineData("Larger", 5, 10, "Right")]
    [InlineData("Larger", 5, 5, null)]
    [InlineData("Left", 5, 10, "Apply")]
    [InlineData("Right", 10, 5, "Right")]
    [InlineData("Both", 10, 5, "Both")]
    public void A_rule_decides_about_two_files(string rule, int left, int right, string? answer) => Assert.Equal(
        answer,
        SyncConflictRules.AnswerOf(
            Enum.Parse<SyncConflictRule>(rule),
            new SyncConflict(SyncConflictKind.BothChanged, "a", FileOf(left), FileOf(right)))?.ToString());

    [Theory]
    [InlineData("Newer")]
    [InlineData("Left")]
    [InlineData("Both")]
    public void A_file_and_a_folder_are_for_the_owner_to_decide(string rule) => Assert.Null(SyncConflictRules.AnswerOf(
        Enum.Parse<SyncConflictRule>(rule),
        new SyncConflict(SyncConflictKind.FileAndFolder, "a", FileOf(10), new SyncEntry("folder", IsFolder: true))));

    /// <summary>A file of so many bytes that was changed so many seconds after noon.</summary>
    private static SyncEntry FileOf(int size) => new("file", IsFolder: false) { Size = size, Modified = Noon.AddSeconds(size) };
}

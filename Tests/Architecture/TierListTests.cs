using System.Reflection;
using ChunkUpload.Tests.Support.Selection;

namespace ChunkUpload.Tests.Architecture;

/// <summary>Each test class is in Tests/tiers.list once: in the core, or in one of the shards, which have the numbers from 1 on.</summary>
public sealed class TierListTests
{
    private static readonly Dictionary<string, HashSet<string>> Tests = typeof(TierListTests).Assembly.GetTypes()
        .Where(type => type is { IsClass: true, IsAbstract: false, IsPublic: true })
        .Select(type => (type.FullName, Methods: type.GetMethods().Where(IsTest).Select(method => method.Name).ToHashSet()))
        .Where(one => one.Methods.Count > 0)
        .ToDictionary(one => one.FullName!, one => one.Methods);

    [Fact]
    public void Every_test_class_has_one_tier()
    {
        Assert.Empty(Tests.Keys.Except(TierPlan.Own.Classes.Keys));
        Assert.Empty(TierPlan.Own.Classes.Keys.Except(Tests.Keys));
    }

    [Fact]
    public void Methods_in_the_core_exist_and_leave_others_for_the_shard()
    {
        foreach (var (name, place) in TierPlan.Own.Classes.Where(one => Tests.ContainsKey(one.Key)))
        {
            Assert.All(place.CoreMethods, method => Assert.Contains(method, Tests[name]));
            Assert.False(place.CoreMethods.Count >= Tests[name].Count, $"All tests of {name} are in the core.");
        }
    }

    [Fact]
    public void Shards_are_numbered_without_gaps()
    {
        var shards = TierPlan.Own.Classes.Values.Select(place => place.Tier).Where(tier => tier != TierPlan.Core).Distinct()
            .Select(int.Parse).Order().ToList();
        Assert.Equal(Enumerable.Range(1, shards.Count), shards);
    }

    [Theory]
    [InlineData("core")]
    [InlineData("shard Unit.A")]
    [InlineData("0 Unit.A")]
    [InlineData("core Unit.A Method")]
    [InlineData("    Method")]
    public void Line_that_is_no_entry_is_refused(string line) => Assert.Throws<FormatException>(() => TierPlan.Parse([line]));

    [Fact]
    public void Class_that_occurs_twice_is_refused() => Assert.Throws<FormatException>(() => TierPlan.Parse(["core Unit.A", "1 Unit.A"]));

    [Fact]
    public void Test_belongs_to_the_tier_of_its_class_unless_it_is_listed_for_the_core()
    {
        var plan = TierPlan.Parse(["# comment", "", "core Unit.A", "2 Unit.B", "    First"]);
        Assert.Equal("core", plan.TierOf("ChunkUpload.Tests.Unit.A", "Any"));
        Assert.Equal("core", plan.TierOf("ChunkUpload.Tests.Unit.B", "First"));
        Assert.Equal("2", plan.TierOf("ChunkUpload.Tests.Unit.B", "Second"));
        Assert.Equal("core", plan.TierOf("ChunkUpload.Tests.Unit.New", "Any"));
    }

    private static bool IsTest(MethodInfo method) => method.GetCustomAttributes<FactAttribute>(inherit: true).Any();
}

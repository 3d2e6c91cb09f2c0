using Xunit.Abstractions;

[assembly: TestCollectionOrderer("ChunkUpload.Tests.Support.LongCollectionsFirst", "ChunkUpload.Tests")]

namespace ChunkUpload.Tests.Support;

/// <summary>
/// Starts the collections of several classes first, and then the classes of pages: these take longest, so started last they would still run
/// when all others have ended.
/// </summary>
public sealed class LongCollectionsFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(one => one.CollectionDefinition is null)
            .ThenBy(one => !one.DisplayName.Contains("ChunkUpload.Tests.Browser.", StringComparison.Ordinal));
}

using Xunit.Abstractions;

[assembly: TestCollectionOrderer("ChunkUpload.Tests.Support.SharedCollectionsFirst", "ChunkUpload.Tests")]

namespace ChunkUpload.Tests.Support;

/// <summary>
/// Starts the collections of several classes first: their tests run one after another, so started last they would still run when all
/// others have ended.
/// </summary>
public sealed class SharedCollectionsFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(one => one.CollectionDefinition is null);
}

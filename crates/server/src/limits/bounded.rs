//! A map that forgets what was not touched for longest, in constant time and memory.
//!
//! Two halves: what is touched goes to the young one; when that is full it becomes the old one, and the old one is
//! dropped. So between half and all of the capacity is remembered.

use std::collections::HashMap;
use std::hash::Hash;

pub(super) struct Bounded<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
}

impl<K: Copy + Eq + Hash, V: Default> Bounded<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), half: (capacity / 2).max(1) }
    }

    /// The value of that key, a new one when there is none.
    pub(super) fn touch(&mut self, key: K) -> &mut V {
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            let kept = self.old.remove(&key);
            self.old = std::mem::take(&mut self.young);
            return self.young.entry(key).or_insert(kept.unwrap_or_default());
        }
        let old = &mut self.old;
        self.young.entry(key).or_insert_with(|| old.remove(&key).unwrap_or_default())
    }

    /// The value of that key, without making it younger.
    pub(super) fn get(&self, key: K) -> Option<&V> {
        self.young.get(&key).or_else(|| self.old.get(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_touched_stays_and_memory_is_bounded() {
        let mut map: Bounded<u32, u32> = Bounded::new(10);
        *map.touch(0) = 7;
        for key in 1..1_000 {
            *map.touch(key) = key;
            assert_eq!(*map.touch(0), 7, "after {key}");
            assert_eq!(map.get(key), Some(&key));
            assert!(map.young.len() + map.old.len() <= 10);
        }
        assert_eq!(map.get(1), None);
    }
}
